// A feature source, compiled: from an event's texts, as the stream or the lake has them, to the row that reducers read.
import { hash as digestOf } from 'node:crypto';
import { MillraceError } from '../base/index.ts';
import { canonicalColumns, parseScaled, typeOfColumn, type Contract, type Evaluate, type RuleType } from '../contracts/index.ts';
import { idText } from './keys.ts';
import type { FeatureSource } from './types.ts';
import { parseSpan, textOfTime, timeOfText } from './windows.ts';

/** An event as reducers read it: when it happened (microseconds since 1970), and the contract's columns in order, canonically. */
export interface EventRow { time: number; texts: readonly (string | null)[] }

/** A column of a source: where it is in a row, and what it holds. */
export interface SourceColumn { name: string; at: number; type: RuleType; read: Evaluate<EventRow> }

export interface CompiledSource {
  name: string;
  contract: Contract;
  /** The relation offline, and which of its rows count. */
  table: string;
  where: string | undefined;
  columns: ReadonlyMap<string, SourceColumn>;
  /** The contract's column that says when it happened. */
  timeColumn: string;
  timeAt: number;
  /** The column whose value is the stream's partition key. */
  partitionAt: number;
  duplicates: Contract['duplicates'];
  /** Microseconds. */
  sameContentWithin: number | undefined;
  /** How long after it happened an event may arrive, microseconds. */
  maxAge: number;
  /** The row of an accepted event: the texts of the contract's columns in order, as bronze keeps them. undefined where it does not say when it happened. */
  row(texts: readonly (string | null)[]): EventRow | undefined;
  /** The row of canonical texts. */
  rowOf(texts: readonly (string | null)[]): EventRow | undefined;
  /** What tells the event from others; undefined where only its place does. `hash`: that of its content, where it is known already. */
  id(row: EventRow, hash?: string): string | undefined;
  /** A hash of everything but the id. */
  content(row: EventRow): string;
}

const DAY = 86_400_000_000;

/** @throws MillraceError `bad_input` for a source whose declaration does not fit its contract. */
export function compileSource({ name, options }: FeatureSource, contracts: ReadonlyMap<string, Contract>, file: string): CompiledSource {
  const refuse = (message: string, todo: string): never => {
    throw new MillraceError('bad_input', `feature source ${name}: ${message}`, { where: file, todo });
  };
  const contract = contracts.get(options.contract ?? name) ?? refuse(`there is no contract ${options.contract ?? name}`, `Contracts are: ${[...contracts.keys()].join(', ')}.`);
  const { stream, eventTime } = contract;
  if (stream === undefined) return refuse(`the contract ${contract.name} has no stream`, 'Declare stream: { partitionKey } in the contract.');
  const all = canonicalColumns(contract);
  const timeAt = all.findIndex((column) => column.name === eventTime);
  const timeKind = all[timeAt]?.column.kind;
  if (timeKind !== 'epoch_ms' && timeKind !== 'timestamp') return refuse(`the contract ${contract.name} does not say when an event happened`, 'Name an epochMs or timestamp column as its eventTime.');
  const columns = new Map(Object.entries(options.columns).map(([column, of]): [string, SourceColumn] => {
    const at = all.findIndex((one) => one.name === of);
    if (at < 0) refuse(`the column ${column} is said to be ${of}, which the contract ${contract.name} does not have`, `Its columns are: ${all.map((one) => one.name).join(', ')}.`);
    const type: RuleType = all[at]!.column.kind === 'epoch_ms' ? { is: 'timestamp' } : typeOfColumn(all[at]!.column);
    return [column, { name: column, at, type, read: readerOf(at, type, all[at]!.column.kind === 'epoch_ms') }];
  }));
  const within = options.sameContentWithin;
  const sameContentWithin = within === undefined ? undefined : (parseSpan(within) ?? refuse(`sameContentWithin: '${within}' is no span of time`, "Write for example '24h'."));
  const idAt = contract.duplicates === 'first' || contract.duplicates === 'key' ? contract.key.map((key) => all.findIndex((column) => column.name === key)) : [];
  const withoutKey = all.map((_, at) => at).filter((at) => !idAt.includes(at));

  const rowOf = (texts: readonly (string | null)[]): EventRow | undefined => {
    const text = texts[timeAt];
    if (text == null) return undefined;
    return { time: timeKind === 'epoch_ms' ? Number(text) * 1000 : timeOfText(text), texts };
  };
  const content = ({ texts }: EventRow) => hash(withoutKey.map((at) => texts[at] ?? null));
  return {
    name, contract, columns, sameContentWithin, rowOf, content,
    table: options.table ?? `silver.${name}`,
    where: options.where,
    timeColumn: eventTime!,
    timeAt,
    partitionAt: all.findIndex((column) => column.name === stream.partitionKey),
    duplicates: contract.duplicates,
    maxAge: (stream.maxAgeDays + 1) * DAY,
    row: (texts) => rowOf(all.map((column, at) => {
      const text = texts[at] ?? null;
      return text === null ? null : column.canonical(text);
    })),
    id(row, known) {
      switch (contract.duplicates) {
        case 'none':
          return undefined;
        case 'row':
          return hash(row.texts);
        case 'key':
          return idAt.length === 1 && row.texts[idAt[0]!] != null ? idText(row.texts[idAt[0]!]!) : hash(idAt.map((at) => row.texts[at] ?? null));
        case 'first':
          // An event without an id is known by its content.
          return row.texts[idAt[0]!] == null ? (known ?? content(row)) : idText(row.texts[idAt[0]!]!);
      }
    },
  };
}

function readerOf(at: number, type: RuleType, isEpoch: boolean): Evaluate<EventRow> {
  switch (type.is) {
    case 'number': {
      const { scale } = type;
      return ({ texts }) => (texts[at] == null ? null : parseScaled(texts[at], scale));
    }
    case 'boolean':
      return ({ texts }) => (texts[at] == null ? null : texts[at] === 'true');
    default:
      return isEpoch ? ({ texts }) => (texts[at] == null ? null : textOfTime(Number(texts[at]) * 1000)) : ({ texts }) => texts[at] ?? null;
  }
}

/** 132 bits: what is equal by accident once in more events than there will ever be. */
function hash(texts: readonly (string | null)[]): string {
  return digestOf('sha256', JSON.stringify(texts), 'base64url').slice(0, 22);
}
