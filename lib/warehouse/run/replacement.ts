// Which rows of a table a run replaces, and how the table will look once it is published: told in SQL, before anything is visible.
import type { DataFile, ScanFile, Schema, Table, Value } from '../../lake/index.ts';
import { tupleKey } from '../../lake/index.ts';
import { quoteName, quoteString } from '../dialect/index.ts';
import type { Model } from '../types.ts';
import { insidePredicate, insideSql, type Intervals, type TimeType } from './intervals.ts';
import type { ModelPlan } from './plan.ts';

/**
 * everything: the staged rows are the table · intervals: they replace the rows of some intervals of time · keys: they replace the rows of
 * their keys · partitions: they replace the partitions that they are in
 */
export type Replacement = 'everything' | 'intervals' | 'keys' | 'partitions';

export function replacementOf(model: Model, plan: ModelPlan, base: string | null): Replacement {
  if (base === null || plan.fresh) return 'everything';
  if (plan.extent.part === 'intervals') return 'intervals';
  if (model.kind === 'merge') return 'keys';
  return model.kind === 'partitions' && model.time === undefined ? 'partitions' : 'everything';
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
  return `SELECT ${columnList(schema)} FROM ${model.name} FOR VERSION AS OF ${base} WHERE "$path" IN (${partly.map(({ path }) => quoteString(path)).join(', ')}) AND ${outside}`;
}

/** Rows that stay, of the files that hold a key which `staged` gives anew. */
export function keySurvivors(model: Model, schema: Schema, base: string, staged: string): string {
  return `${unmatched(model, schema, base, staged)} AND old_rows."$path" IN (${pathsOfKeys(model, base, staged)})`;
}

/** A SELECT of the paths of the files that hold a key of `staged`. */
export function pathsOfKeys(model: Model, base: string, staged: string): string {
  return `SELECT DISTINCT held."$path" AS path FROM ${model.name} FOR VERSION AS OF ${base} AS held INNER JOIN ${keysOf(model, staged)} ON ${sameKey(model, 'held')}`;
}

function unmatched(model: Model, schema: Schema, base: string, staged: string): string {
  return `SELECT ${columnList(schema, 'old_rows')} FROM ${model.name} FOR VERSION AS OF ${base} AS old_rows`
    + ` LEFT JOIN ${keysOf(model, staged)} ON ${sameKey(model, 'old_rows')} WHERE staged_keys.${quoteName(model.key[0] ?? '')} IS NULL`;
}

function keysOf(model: Model, staged: string): string {
  return `(SELECT DISTINCT ${model.key.map(quoteName).join(', ')} FROM (${staged}) AS staged_rows) AS staged_keys`;
}

function sameKey(model: Model, alias: string): string {
  return model.key.map((column) => `${alias}.${quoteName(column)} = staged_keys.${quoteName(column)}`).join(' AND ');
}

/** The table as it will be after publication, in Athena's dialect: what is there less what is replaced, and the staged rows. */
export function futureTable(
  model: Model, plan: ModelPlan, schema: Schema, base: string | null, staged: string, replacedPartitions: readonly DataFile[],
): string {
  const columns = columnList(schema);
  const replacement = replacementOf(model, plan, base);
  if (base === null || replacement === 'everything') return staged;
  const now = `SELECT ${columns} FROM ${model.name} FOR VERSION AS OF ${base}`;
  switch (replacement) {
    case 'intervals': {
      const inside = insideSql(intervalsOfPlan(plan), model.time?.column ?? '', timeTypeOf(schema, model.time?.column ?? ''));
      return `${now} WHERE NOT ${inside} UNION ALL SELECT ${columns} FROM (${staged}) AS staged_rows WHERE ${inside}`;
    }
    case 'keys': return `${unmatched(model, schema, base, staged)} UNION ALL SELECT ${columns} FROM (${staged}) AS staged_rows`;
    case 'partitions': {
      const stays = replacedPartitions.length === 0 ? '' : ` WHERE "$path" NOT IN (${replacedPartitions.map(({ path }) => quoteString(path)).join(', ')})`;
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
