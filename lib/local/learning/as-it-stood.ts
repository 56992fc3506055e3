// A query over the shop as it stood at a moment: every table that it reads is made again from the sources, with all that came later cut away.
import { columnsOf, typedColumns, type Contract } from '../../contracts/index.ts';
import { expandSources, rewriteTables, tableReferences, timestampLiteral, type Project } from '../../warehouse/index.ts';

export interface AsItStood {
  /** A SELECT in Athena's dialect. */
  sql: string;
  /** Sources that say of no row when it was: they are read whole, and what leaks through them is not found. */
  whole: string[];
}

export interface AsItStoodOptions {
  knownAhead?: readonly string[];
  /** Whether anything of a source has ever come; of others there are no rows. Default: of all. */
  landed?: (source: string) => boolean;
}

/** A table of the shop as it stood, as a SELECT over others of these, by their names, and over bronze. */
export interface StoodTable {
  name: string;
  sql: string;
  /** Which others. */
  reads: readonly string[];
}

/** The same piece by piece, for an engine that does not take it as one statement. */
export interface StoodTables extends AsItStood {
  /** Each after those that it reads; the query reads them by name. */
  tables: StoodTable[];
}

/**
 * Rows of a source that happened at `cut` or later are left out, and so is, of the rows before, every time at or after it: an order bought before it and delivered
 * after it is there, undelivered. Dates without a time, such as a promised one, stay, and so do the columns named in `knownAhead` (`order_items.shipping_limit_date`).
 * Rows that say of themselves not when they were, but of what, came with that: an order's items and payments with the order. Without `cut` nothing is left out. `cut`: milliseconds since 1970, UTC.
 */
export function asItStood(sql: string, project: Pick<Project, 'models' | 'graph' | 'sources'>, cut: number | undefined, options: AsItStoodOptions = {}): AsItStood {
  const { sources } = project;
  const { order, named, whole } = behind(sql, project);
  const cteOf = (name: string): string => `stood__${name.replace('.', '__')}`;
  const rewritten = (text: string): string => exchanged(text, (name) => (order.includes(name) || sourceOf(name, sources) !== undefined ? cteOf(name) : undefined));
  const parts = [
    ...named.map((contract) => `${cteOf(`source.${contract.name}`)} AS (\n${sourceThen(contract, sources, cut, options)}\n)`),
    ...order.map((name) => `${cteOf(name)} AS (\n${rewritten(selectOf(name, project))}\n)`),
  ];
  return { sql: `${parts.length === 0 ? '' : `WITH ${parts.join(',\n')}\n`}SELECT stood.* FROM (\n${rewritten(sql)}\n) AS stood`, whole };
}

/** As `asItStood`, table by table: each is no larger a statement than that which fills the table every night. */
export function tablesAsTheyStood(sql: string, project: Pick<Project, 'models' | 'graph' | 'sources'>, cut: number | undefined, options: AsItStoodOptions = {}): StoodTables {
  const { sources } = project;
  const { order, reads, whole } = behind(sql, project);
  const rewritten = (text: string): string => exchanged(text, (name) => {
    const contract = sourceOf(name, sources);
    return contract === undefined ? undefined : `(${sourceThen(contract, sources, cut, options)})`;
  });
  return { sql: rewritten(sql), whole, tables: order.map((name) => ({ name, sql: rewritten(selectOf(name, project)), reads: reads.get(name)! })) };
}

/** What a query stands on: tables, each after those that it reads, and sources. What only audits look at is not among them. */
function behind(sql: string, { models, graph, sources }: Pick<Project, 'models' | 'graph' | 'sources'>): { order: string[]; reads: ReadonlyMap<string, string[]>; named: Contract[]; whole: string[] } {
  const texts = [sql];
  const reads = new Map<string, string[]>();
  const follow = (text: string): string[] => {
    const read = [...new Set(tableReferences(text).map(({ name }) => name).filter((name) => models.has(name)))];
    for (const name of read) {
      if (reads.has(name)) continue;
      const { sql: select } = models.get(name)!;
      texts.push(select);
      reads.set(name, follow(select));
    }
    return read;
  };
  follow(sql);
  const named = [...new Set(texts.flatMap((text) => tableReferences(text)).flatMap(({ name }) => sourceOf(name, sources) ?? []))];
  return { order: graph.order.filter((name) => reads.has(name)), reads, named, whole: named.filter((contract) => contract.eventTime === undefined && partOf(contract, sources) === undefined).map(({ name }) => name).sort() };
}

/** Tables as they are now; those with a time travel of their own stay. */
function exchanged(text: string, other: (name: string) => string | undefined): string {
  return rewriteTables(text, ({ name, travel, metadata }) => (travel !== undefined || metadata !== undefined ? undefined : other(name)));
}

function selectOf(name: string, { models }: Pick<Project, 'models'>): string {
  return models.get(name)!.sql.trim().replace(/;$/, '');
}

function sourceThen(contract: Contract, sources: ReadonlyMap<string, Contract>, cut: number | undefined, { knownAhead = [], landed = () => true }: AsItStoodOptions): string {
  return landed(contract.name) ? cutSource(contract, sources, cut, knownAhead, landed) : emptySource(contract);
}

function sourceOf(name: string, sources: ReadonlyMap<string, Contract>): Contract | undefined {
  return name.startsWith('source.') ? sources.get(name.slice('source.'.length)) : undefined;
}

function emptySource(contract: Contract): string {
  return `SELECT ${columnsOfTyped(contract).map(({ name, type }) => `CAST(NULL AS ${type}) AS "${name}"`).join(', ')} WHERE FALSE`;
}

/** As `source.<name>` has them. */
function columnsOfTyped(contract: Contract): { name: string; type: string }[] {
  return [...typedColumns(contract), ...(contract.currency === undefined ? [] : [{ name: '_currency', type: 'varchar' }])];
}

function cutSource(contract: Contract, sources: ReadonlyMap<string, Contract>, cut: number | undefined, knownAhead: readonly string[], landed: (source: string) => boolean): string {
  const all = `SELECT * FROM (${expandSources(`SELECT * FROM source.${contract.name}`, sources)}) AS every_row`;
  if (cut === undefined) return all;
  const moment = timestampLiteral(cut);
  const kinds = new Map(columnsOf(contract).map(({ name, column }) => [name, column.kind]));
  const timeOf = (name: string): string => timeColumn(contract, name);
  const { name: source, eventTime } = contract;
  const came = partOf(contract, sources);
  const later = came !== undefined && landed(came.whole.name)
    ? ` WHERE "${came.column}" IS NULL OR "${came.column}" NOT IN (SELECT "${came.key}" FROM (${expandSources(`SELECT * FROM source.${came.whole.name}`, sources)}) AS wholes WHERE CAST(${timeColumn(came.whole, came.whole.eventTime!)} AS timestamp(6)) >= ${moment})` : '';
  // By the name of the column, and of what is derived from it: the time that says whether it is known.
  const unknown = new Map([...kinds].flatMap(([name, kind]): [string, string][] =>
    (name === eventTime || (kind !== 'timestamp' && kind !== 'epoch_ms') || knownAhead.includes(`${source}.${name}`) ? [] : [name, `${name}__time`, `${name}__date`].map((column) => [column, timeOf(name)]))));
  const columns = columnsOfTyped(contract).map(({ name: column }) => {
    const time = unknown.get(column);
    return time === undefined ? `"${column}"` : `CASE WHEN ${time} < ${moment} THEN "${column}" END AS "${column}"`;
  });
  return `SELECT ${columns.join(', ')} FROM (${all}) AS some_rows${eventTime === undefined ? later : ` WHERE CAST(${timeOf(eventTime)} AS timestamp(6)) < ${moment}`}`;
}

/** What rows without a time of their own are a part of: by their first key column, which points to the one key of a source that has a time. */
function partOf({ eventTime, key, columns }: Contract, sources: ReadonlyMap<string, Contract>): { whole: Contract; column: string; key: string } | undefined {
  const [column = ''] = key ?? [];
  const [name = '', pointed] = (columns[column]?.references ?? '').split('.');
  const whole = sources.get(name);
  if (eventTime !== undefined || whole?.eventTime === undefined || whole.key?.length !== 1) return undefined;
  const [one = ''] = whole.key;
  return pointed === undefined || pointed === one ? { whole, column, key: one } : undefined;
}

/** A time of a source, as an expression. */
function timeColumn(contract: Contract, name: string): string {
  return new Map(columnsOf(contract).map((one) => [one.name, one.column.kind])).get(name) === 'epoch_ms' ? `"${name}__time"` : `"${name}"`;
}
