// The second step: the table made or evolved, an empty staging place, and the statements that fill it.
import { MillraceError } from '../../base/index.ts';
import { currentSchema, type Schema, type Table } from '../../lake/index.ts';
import { quoteName } from '../dialect/index.ts';
import { sourceColumns } from '../models/analysis.ts';
import { emptyRelation } from '../models/literal-rows.ts';
import { expandSources } from '../models/sources.ts';
import type { Model, Parameters, QueryOptions, Staging, StagingOptions } from '../types.ts';
import { findTable, type RunContext } from './context.ts';
import { insideSql, type Intervals } from './intervals.ts';
import { narrowedToDays } from './narrow.ts';
import { modelOf, type ModelPlan } from './plan.ts';
import {
  columnList, filesInIntervals, intervalsOfPlan, intervalSurvivors, isComparable, keySurvivors, replacedColumns, replacementOf, stagedKeys, timeTypeOf,
} from './replacement.ts';
import { checkColumns, ensureTable, evolutionOf } from './target.ts';
import { keyOverlays, touchedKeys } from './touched.ts';

/** Survives a JSON round trip. */
export interface PreparedModel {
  plan: ModelPlan;
  staging: Staging;
  /** To be executed in this order, each to its end. */
  statements: string[];
  /** The snapshot of the table that this run replaces, in whole or in part; null: it is empty. */
  base: string | null;
}

/** More files than this are not rewritten by name: then the whole table is computed. */
const MOST_REWRITTEN_FILES = 500;

/** Makes or evolves the table of a plan and prepares the rows' way into a staging place. Nothing becomes visible to readers. */
export async function prepareModel(context: RunContext, planned: ModelPlan): Promise<PreparedModel> {
  if (planned.action !== 'run') throw new MillraceError('internal', `${planned.model} is not planned to run`);
  const model = modelOf(context, planned.model);
  checkColumns(model, planned.columns);
  const table = await ensureTable(context, model, planned);
  const shape = evolutionOf(model, planned)(table.metadata);
  const schema = currentSchema(shape);
  const id = table.metadata['current-snapshot-id'];
  const base = id === undefined ? null : String(id);
  const survivors = await intervalRewrite(table, model, planned, base);
  const plan: ModelPlan = survivors === 'too many' ? { ...planned, extent: { part: 'everything' } } : planned;
  const staging = await context.engine.createStaging(model.name, context.runId, shape);
  const options = runOptions(context, plan);
  const into = (sql: string, more: StagingOptions = {}) => context.engine.stagingStatements(staging, sql, { ...options, ...more });

  const computed = await computedRows(context, model, plan, schema, base);
  const statements = await into(computed.sql, { overlays: { ...options.overlays, ...computed.overlays } });
  if (survivors !== undefined && survivors !== 'too many') statements.push(...await into(survivors));
  const keys = await replacedKeys(context, model, plan, staging, base);
  if (base !== null && keys !== undefined) {
    const domain = `SELECT ${columnList(schema)} FROM ${model.name} FOR VERSION AS OF ${base}`;
    statements.push(...await into(keySurvivors(model, schema, base, keys), { domain }));
  }
  return { plan, staging, statements, base };
}


/** A SELECT of the keys whose rows are replaced; undefined where that is not by key. */
export async function replacedKeys(context: RunContext, model: Model, plan: ModelPlan, staging: Staging, base: string | null): Promise<string | undefined> {
  if (replacementOf(model, plan, base) !== 'keys') return undefined;
  return plan.extent.part === 'keys' ? keysOfPlan(context, model, plan) : stagedKeys(model, context.engine.stagedRelation(staging));
}

async function keysOfPlan(context: RunContext, model: Model, plan: ModelPlan): Promise<string> {
  const changed = plan.extent.part === 'keys' ? plan.extent.changed : [];
  const tables = new Map<string, Table>();
  for (const { table: name } of changed) {
    const table = await findTable(context.lake, name);
    if (table !== undefined) tables.set(name, table);
  }
  const keys = await touchedKeys(context, model, changed, tables);
  return keys ?? `SELECT ${replacedColumns(model).map(quoteName).join(', ')} FROM ${model.name} WHERE FALSE`;
}

/** What a model's queries share: the snapshots of its inputs, empty relations for those that are not there, the parameters. */
export function runOptions(context: RunContext, plan: ModelPlan): QueryOptions & { overlays: Record<string, string> } {
  return {
    parameters: { ...context.parameters, ...bounds(intervalsOfPlan(plan)), now: { type: 'timestamp', value: timestampText(context.clock.now()) } },
    snapshots: Object.fromEntries(Object.entries(plan.inputs).flatMap(([table, id]) => (id === null ? [] : [[table, BigInt(id)]]))),
    overlays: {},
    signal: context.signal,
  };
}

/** `:from` and `:to`: the first day that is computed, and the day after the last. */
function bounds({ ranges }: Intervals): Parameters {
  return {
    from: { type: 'date', value: ranges[0]?.from ?? '0001-01-01' },
    to: { type: 'date', value: ranges.at(-1)?.to ?? '9999-12-31' },
  };
}

function timestampText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', '000');
}

/** The rows to be staged: the SELECT in the table's order of columns, and of them only the part that is computed. */
async function computedRows(
  context: RunContext, model: Model, plan: ModelPlan, schema: Schema, base: string | null,
): Promise<{ sql: string; overlays: Record<string, string> }> {
  const overlays = await inputOverlays(context, Object.keys(plan.inputs));
  const expanded = (keep: readonly string[] = []) => expandSources(model.sql, context.project.sources, new Set(keep), model.file);
  switch (plan.extent.part) {
    case 'intervals': {
      const column = model.time?.column ?? '';
      const narrowed = dayOverlays(context, model, plan.extent.intervals, overlays);
      return { sql: `${selectFrom(expanded(), schema)} WHERE ${insideSql(plan.extent.intervals, column, timeTypeOf(schema, column))}`, overlays: { ...overlays, ...narrowed } };
    }
    case 'keys': {
      const touched = keyOverlays(context, model, await keysOfPlan(context, model, plan), plan.inputs);
      return { sql: selectFrom(expanded(Object.keys(touched)), schema), overlays: { ...overlays, ...touched } };
    }
    case 'everything': {
      const rows = selectFrom(expanded(), schema);
      if (replacementOf(model, plan, base) !== 'keys' || !isComparable(schema)) return { sql: rows, overlays };
      return { sql: `${rows} EXCEPT SELECT ${columnList(schema)} FROM ${model.name} FOR VERSION AS OF ${base}`, overlays };
    }
  }
}

/** Bronze tables of the sources that `changes` maps, without the rows that nothing in the intervals depends on, where that can be told. */
function dayOverlays(context: RunContext, model: Model, intervals: Intervals, overlays: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(model.changes).flatMap(([relation, columns]): [string, string][] => {
    const contract = relation.startsWith('source.') ? context.project.sources.get(relation.slice('source.'.length)) : undefined;
    if (contract === undefined || columns === 'ignore') return [];
    const bronze = `bronze.${contract.name}`;
    const narrowed = narrowedToDays(contract, columns[0] ?? '', intervals, overlays[bronze] === undefined ? bronze : `(${overlays[bronze]}) AS all_rows`);
    return narrowed === undefined ? [] : [[bronze, narrowed]];
  }));
}

function selectFrom(sql: string, schema: Schema): string {
  return `SELECT ${schema.fields.map(({ name }) => quoteName(name)).join(', ')} FROM (\n${sql}\n) AS computed`;
}

/**
 * Relations in place of tables that are not as the SELECTs expect them: empty where a table is not there yet, with NULLs where a source's
 * bronze table lacks columns that its contract has got since the last file. `tables` are logical names.
 */
export async function inputOverlays(context: RunContext, tables: readonly string[]): Promise<Record<string, string>> {
  const overlays = await Promise.all(tables.map(async (name): Promise<[string, string][]> => {
    const table = await findTable(context.lake, name);
    if (table === undefined) return context.project.models.has(name) ? [] : [[name, emptyRelation(await context.relations.columnsOf(name))]];
    const declared = sourceColumns(name, context.project.sources) ?? [];
    const lacking = declared.filter((column) => !table.schema.fields.some((field) => field.name === column.name));
    if (lacking.length === 0) return [];
    return [[name, `SELECT *, ${lacking.map((column) => `CAST(NULL AS ${column.type}) AS ${quoteName(column.name)}`).join(', ')} FROM ${name}`]];
  }));
  return Object.fromEntries(overlays.flat());
}

/** The statement that saves the rows of partly replaced files; undefined where there is none to save. */
async function intervalRewrite(table: Table, model: Model, plan: ModelPlan, base: string | null): Promise<string | 'too many' | undefined> {
  if (plan.extent.part !== 'intervals' || base === null || model.time === undefined) return undefined;
  const { partly } = await filesInIntervals(table, base, model.time.column, plan.extent.intervals);
  if (partly.length > MOST_REWRITTEN_FILES) return 'too many';
  return partly.length === 0 ? undefined : intervalSurvivors(model, table.schema, base, model.time.column, plan.extent.intervals, partly);
}
