// What every model gives and reads, to the column, told from contracts and SELECTs alone; and what is wrong with a header that says otherwise.
import { MillraceError } from '../../base/index.ts';
import { bronzeColumns, type Contract } from '../../contracts/index.ts';
import { auditLabel, renderAudit } from '../audits/render.ts';
import type { AuditDefinition } from '../audits/definition.ts';
import { analyse, check, type Analysis, type TableReference } from '../dialect/index.ts';
import { DATE, timestamp, VARCHAR } from '../dialect/types/types.ts';
import type { AuditUse, Model, ResultColumn } from '../types.ts';
import { athenaTypeOf } from './column-types.ts';
import type { HeaderLines } from './header.ts';
import { didYouMean } from './near.ts';
import { parsePartitionTerm, parseSortTerm } from './partitioning.ts';
import type { Problems } from './problem.ts';
import { typedSourceColumns } from './sources.ts';

export type ColumnsOf = (relation: string) => readonly ResultColumn[] | undefined;

/** Columns of `source.<name>` and `bronze.<name>`. */
export function sourceColumns(relation: string, sources: ReadonlyMap<string, Contract>): readonly ResultColumn[] | undefined {
  const dot = relation.indexOf('.');
  const contract = sources.get(relation.slice(dot + 1));
  if (contract === undefined) return undefined;
  switch (relation.slice(0, dot)) {
    case 'source': return typedSourceColumns(contract);
    case 'bronze': return bronzeColumns(contract).map(({ name, type }) => ({ name, type: athenaTypeOf(type) }));
    default: return undefined;
  }
}

/** A model's SELECT resolved and typed; undefined where the columns of something that it reads are not known. */
export function analyseModel(model: Model, columnsOf: ColumnsOf): Analysis | undefined {
  if (model.relations.some((relation) => columnsOf(relation) === undefined)) return undefined;
  return analyse(model.sql, { columns: ({ name }: TableReference) => columnsOf(name), file: model.file });
}

/** Refuses what the header says of columns that the SELECT does not give, and audits that do not fit the table. */
export function checkAgainstColumns(
  model: Model, lines: HeaderLines, columns: readonly ResultColumn[], audits: ReadonlyMap<string, AuditDefinition>, columnsOf: ColumnsOf, problems: Problems,
): void {
  const names = columns.map(({ name }) => name);
  const wanted = (key: string, name: string, within?: string) => {
    if (names.includes(name)) return;
    const todo = didYouMean(name, names) ?? `it gives ${names.join(', ')}`;
    problems.add(model.file, lines(key, within), `${key} names a column ${name}, which the SELECT does not give`, todo);
  };
  for (const name of Object.keys(model.columns)) wanted('columns', name, name);
  for (const name of model.key) wanted('key', name);
  for (const name of model.pii) wanted('pii', name);
  for (const term of model.partitionBy) wanted('partition_by', parsePartitionTerm(term)?.column ?? term);
  for (const term of model.sortBy) wanted('sort_by', parseSortTerm(term)?.column ?? term);
  if (model.time !== undefined) wanted('time', model.time.column);
  for (const [relation, mapped] of Object.entries(model.changes)) {
    const there = columnsOf(relation)?.map(({ name }) => name);
    if (mapped === 'ignore' || there === undefined) continue;
    for (const name of mapped) {
      if (!there.includes(name)) problems.add(model.file, lines('changes', relation), `${relation} has no column ${name}`, didYouMean(name, there));
    }
  }
  checkAudits(model, lines, columns, audits, columnsOf, problems);
  for (const [source, expression] of Object.entries(model.accounts)) {
    tryAnalysis(`SELECT ${expression} AS accounted FROM ${model.name}`, model, columns, columnsOf, (error) =>
      problems.add(model.file, lines('accounts', source), `the account of ${source} does not fit the table: ${error.message}`, error.todo));
  }
}

/** Names and types that the parameters of audits have beside those of models. */
const AUDIT_PARAMETERS = { as_of: DATE, from: DATE, to: DATE, now: timestamp(6), shop_currency: VARCHAR, shop_time_zone: VARCHAR };

function checkAudits(
  model: Model, lines: HeaderLines, columns: readonly ResultColumn[], audits: ReadonlyMap<string, AuditDefinition>, columnsOf: ColumnsOf, problems: Problems,
): void {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  for (const use of model.audits) {
    const definition = audits.get(use.audit);
    if (definition === undefined) continue;
    const kind = kindOf(use, definition, types);
    if (kind !== undefined && fits.get(definition)?.has(kind) === true) continue;
    const found = problems.found.length;
    tryAnalysis(renderAudit(use, definition, model.name), model, columns, columnsOf, (error) =>
      problems.add(model.file, lines('audits'), `the audit ${auditLabel(use)} does not fit the table: ${error.message}`, error.todo));
    if (kind !== undefined && problems.found.length === found) fits.set(definition, (fits.get(definition) ?? new Set()).add(kind));
  }
}

/** Kinds of use that are known to fit: one `not_null` of a date is like another. */
const fits = new WeakMap<AuditDefinition, Set<string>>();

/** The types of the columns that an audit is given; undefined where it is given anything else that has to be looked at. */
function kindOf({ args }: AuditUse, definition: AuditDefinition, types: ReadonlyMap<string, string>): string | undefined {
  const kinds: string[] = [];
  for (const { name, type } of definition.parameters) {
    const given = args[name];
    if (given === undefined) continue;
    if (type !== 'column' && type !== 'columns') return undefined;
    const found = (Array.isArray(given) ? given : [given]).map((column) => types.get(String(column)));
    if (found.includes(undefined)) return undefined;
    kinds.push(`${name}: ${[...new Set(found)].sort().join(', ')}`);
  }
  return kinds.join('; ');
}

function tryAnalysis(sql: string, model: Model, columns: readonly ResultColumn[], columnsOf: ColumnsOf, onError: (error: MillraceError) => void): void {
  const [refused] = check(sql, { purpose: 'models' });
  if (refused !== undefined) return onError(refused);
  try {
    analyse(sql, { columns: ({ name }) => (name === model.name ? columns : columnsOf(name)), parameterTypes: AUDIT_PARAMETERS });
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    onError(error);
  }
}
