// Which rows of a table a run replaces, and how the table will look once it is published: told in SQL, before anything is visible.
import type { DataFile, ScanFile, Schema, Table, Value } from '../../lake/index.ts';
import { tupleKey } from '../../lake/index.ts';
import { quoteName, quoteString } from '../dialect/index.ts';
import type { Model } from '../types.ts';
import { insidePredicate, insideSql, type Intervals, type TimeType } from './intervals.ts';
import type { ModelPlan } from './plan.ts';

/**
 * everything: the staged rows are the table · intervals: they replace the rows of some intervals of time · keys: they replace the rows of
 * some keys · partitions: they replace the partitions that they are in
 */
export type Replacement = 'everything' | 'intervals' | 'keys' | 'partitions';

export function replacementOf(model: Model, plan: ModelPlan, base: string | null): Replacement {
  if (base === null || plan.fresh) return 'everything';
  if (plan.extent.part === 'intervals') return 'intervals';
  if (plan.extent.part === 'keys' || (model.kind === 'merge' && isUpsert(model))) return 'keys';
  return model.kind === 'partitions' && model.time === undefined ? 'partitions' : 'everything';
}

/** A merge without `changes`: its SELECT tells what is new, and a key that it does not give keeps its row. */
function isUpsert(model: Model): boolean {
  return Object.keys(model.changes).length === 0;
}

/** The columns of the key by which a merge replaces rows: as many of its first as `changes` maps, all of them without. */
export function replacedColumns(model: Model): readonly string[] {
  const mapped = Object.values(model.changes).find((columns) => columns !== 'ignore');
  return mapped === undefined ? model.key : model.key.slice(0, mapped.length);
}

/** `date` or `timestamp`: how the time column of a table is held. */
export function timeTypeOf(schema: Schema, column: string): TimeType {
  return schema.fields.find(({ name }) => name === column)?.type === 'date' ? 'date' : 'timestamp';
}

/** Files that hold rows of the intervals: those that hold nothing else, and those of which other rows survive. */
export async function filesInIntervals(table: Table, base: string, column: string, intervals: Intervals): Promise<{ whole: DataFile[]; partly: DataFile[] }> {
  const type = timeTypeOf(table.schema, column);
  const { files } = await table.scan({ snapshotId: BigInt(base), filter: insidePredicate(intervals, column, type) });
  const fieldId = table.schema.fields.find(({ name }) => name === column)?.id ?? 0;
  const found: { whole: DataFile[]; partly: DataFile[] } = { whole: [], partly: [] };
  for (const file of files) (isInside(file, fieldId, intervals, type) ? found.whole : found.partly).push(file.file);
  return found;
}

function isInside({ file: { metrics } }: ScanFile, fieldId: number, intervals: Intervals, type: TimeType): boolean {
  const [lower, upper, nulls] = [metrics.lowerBounds[fieldId], metrics.upperBounds[fieldId], metrics.nullValueCounts[fieldId]];
  if (nulls === undefined || (nulls > 0n && !intervals.withoutTime)) return false;
  const values = metrics.valueCounts[fieldId];
  if (values !== undefined && values === nulls) return true;
  if (lower === undefined || upper === undefined) return false;
  const [first, last] = [dayOf(lower, type), dayOf(upper, type)];
  return intervals.ranges.some(({ from, to }) => (from === undefined || first >= from) && (to === undefined || last < to));
}

function dayOf(value: Value, type: TimeType): string {
  const days = type === 'date' ? Number(value) : Math.floor(Number(value) / 86_400_000_000);
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

/** Rows of partly replaced files that stay. */
export function intervalSurvivors(model: Model, schema: Schema, base: string, column: string, intervals: Intervals, partly: readonly DataFile[]): string {
  const outside = `NOT ${insideSql(intervals, column, timeTypeOf(schema, column))}`;
  const paths = partly.map(({ path }) => quoteString(path)).join(', ');
  return `SELECT ${columnList(schema)} FROM ${model.name} FOR VERSION AS OF ${base} WHERE "$path" IN (${paths}) AND ${outside}`;
}

/** Rows that stay, of the files that hold one of the keys. `keys` is a SELECT of the key columns of all rows that are replaced. */
export function keySurvivors(model: Model, schema: Schema, base: string, keys: string): string {
  return `${unmatched(model, schema, base, keys)} AND old_rows."$path" IN (${pathsOfKeys(model, base, keys)})`;
}

/** A SELECT of the paths of the files that hold one of the keys. */
export function pathsOfKeys(model: Model, base: string, keys: string): string {
  const held = `${model.name} FOR VERSION AS OF ${base} AS held`;
  return `SELECT DISTINCT held."$path" AS path FROM ${held} INNER JOIN (${keys}) AS replaced_keys ON ${sameKey(model, 'held')}`;
}

/** The keys that the staged rows have. */
export function stagedKeys(model: Model, staged: string): string {
  return `SELECT DISTINCT ${replacedColumns(model).map(quoteName).join(', ')} FROM (${staged}) AS staged_rows`;
}

function unmatched(model: Model, schema: Schema, base: string, keys: string): string {
  return `SELECT ${columnList(schema, 'old_rows')} FROM ${model.name} FOR VERSION AS OF ${base} AS old_rows`
    + ` LEFT JOIN (${keys}) AS replaced_keys ON ${sameKey(model, 'old_rows')} WHERE replaced_keys.${quoteName(model.key[0] ?? '')} IS NULL`;
}

function sameKey(model: Model, alias: string): string {
  return replacedColumns(model).map((column) => `${alias}.${quoteName(column)} = replaced_keys.${quoteName(column)}`).join(' AND ');
}

/** What of a table is replaced, beyond what a plan says: the keys, or the files of the replaced partitions. */
export interface Replaced { keys?: string; partitions?: readonly DataFile[] }

/** The table as it will be after publication, in Athena's dialect: what is there less what is replaced, and the staged rows. */
export function futureTable(model: Model, plan: ModelPlan, schema: Schema, base: string | null, staged: string, { keys = '', partitions = [] }: Replaced): string {
  const columns = columnList(schema);
  const replacement = replacementOf(model, plan, base);
  if (base === null || replacement === 'everything') return staged;
  const now = `SELECT ${columns} FROM ${model.name} FOR VERSION AS OF ${base}`;
  switch (replacement) {
    case 'intervals': {
      const inside = insideSql(intervalsOfPlan(plan), model.time?.column ?? '', timeTypeOf(schema, model.time?.column ?? ''));
      return `${now} WHERE NOT ${inside} UNION ALL SELECT ${columns} FROM (${staged}) AS staged_rows WHERE ${inside}`;
    }
    case 'keys': {
      // Rows saved from rewritten files are staged too; they are in the first part already.
      const join = `INNER JOIN (${keys}) AS replaced_keys ON ${sameKey(model, 'staged_rows')}`;
      return `${unmatched(model, schema, base, keys)} UNION ALL SELECT ${columnList(schema, 'staged_rows')} FROM (${staged}) AS staged_rows ${join}`;
    }
    case 'partitions': {
      const stays = partitions.length === 0 ? '' : ` WHERE "$path" NOT IN (${partitions.map(({ path }) => quoteString(path)).join(', ')})`;
      return `${now}${stays} UNION ALL SELECT ${columns} FROM (${staged}) AS staged_rows`;
    }
  }
}

export function intervalsOfPlan(plan: ModelPlan): Intervals {
  return plan.extent.part === 'intervals' ? plan.extent.intervals : { ranges: [{}], withoutTime: true };
}

/** Files of the table that are in the partitions of the staged ones. */
export async function filesOfSamePartitions(table: Table, base: string, staged: readonly DataFile[]): Promise<DataFile[]> {
  const partitions = new Set(staged.map(({ specId, partition }) => `${specId}/${tupleKey(partition)}`));
  const { files } = await table.scan({ snapshotId: BigInt(base) });
  return files.map(({ file }) => file).filter(({ specId, partition }) => partitions.has(`${specId}/${tupleKey(partition)}`));
}

export function columnList(schema: Schema, alias?: string): string {
  return schema.fields.map(({ name }) => `${alias === undefined ? '' : `${alias}.`}${quoteName(name)}`).join(', ');
}

/** Whether all columns can be compared with each other, as EXCEPT does. */
export function isComparable(schema: Schema): boolean {
  return schema.fields.every(({ type }) => typeof type === 'string');
}
