// What a run would do and why, without doing it: models that would run, columns that would change, who feels it, what would be read.
import { MillraceError } from '../../base/index.ts';
import { defaultSpec, tupleKey, type Table } from '../../lake/index.ts';
import { analyse, type ColumnReference } from '../dialect/index.ts';
import { MOST_OPEN_PARTITIONS } from '../athena/partition-batches.ts';
import { expandSources } from '../models/sources.ts';
import type { Model } from '../types.ts';
import { findTable, type RunContext } from './context.ts';
import { modelOf, planModel, type ModelPlan, type PlanOptions } from './plan.ts';
import { isBreaking, schemaChanges, type ColumnChange } from './schema-change.ts';

export interface ExplainedModel {
  model: string;
  /** new: there is no such table yet · changed: its SQL, header or contract is not the published one · inputs: only its inputs or parameters are others */
  status: 'new' | 'changed' | 'inputs' | 'unchanged';
  /** Why, for a person. */
  reason: string;
  /** `everything`, or which part. */
  computes: string;
  changes: ColumnChange[];
  /** A reader would miss a column, or find another type in it. */
  breaking: boolean;
  /** Models that read a column that changes, by lineage, and which. */
  downstream: { model: string; columns: string[] }[];
  /** Rows and bytes (compressed, of the columns that are used) of its inputs as they are now: the most that a run reads. */
  scan: { rows: number; bytes: number };
  /** What Athena would make of it: statements in pieces, and what it would refuse. */
  limits: string[];
}

/** Explains the models in their order. A model whose input would run is taken to run as well. */
export async function explainRun(context: RunContext, names: readonly string[], options: PlanOptions = {}): Promise<ExplainedModel[]> {
  const explained: ExplainedModel[] = [];
  const running = new Set<string>();
  for (const name of context.project.graph.order.filter((each) => names.includes(each))) {
    const one = await explainModel(context, name, running, options);
    if (one.status !== 'unchanged') running.add(name);
    explained.push(one);
  }
  return explained;
}

async function explainModel(context: RunContext, name: string, running: ReadonlySet<string>, options: PlanOptions): Promise<ExplainedModel> {
  const model = modelOf(context, name);
  const range = model.time === undefined ? undefined : options.range;
  const upstream = model.reads.filter((read) => running.has(read));
  const plan = await planModel(context, name, { full: options.full, range }).catch((error: unknown) => {
    if (upstream.length > 0 && error instanceof MillraceError && error.code === 'not_found') return undefined;
    throw error;
  });
  const table = await findTable(context.lake, name);
  const changes = plan?.changes ?? (table === undefined ? [] : schemaChanges(table.schema, await context.relations.columnsOf(name)));
  const willRun = plan === undefined || plan.action === 'run' || upstream.length > 0;
  return {
    model: name,
    status: table === undefined ? 'new' : plan?.fresh === true && plan.reason.startsWith('the model changed') ? 'changed' : willRun ? 'inputs' : 'unchanged',
    reason: plan?.action === 'run' ? plan.reason : upstream.length > 0 ? `${upstream.join(', ')} would run` : (plan?.reason ?? ''),
    computes: describeExtent(plan, upstream.length > 0),
    changes,
    breaking: changes.some(isBreaking),
    downstream: downstreamOf(context, name, changes),
    scan: willRun ? await scanOf(context, model) : { rows: 0, bytes: 0 },
    limits: willRun ? await limitsOf(context, model, table) : [],
  };
}

function describeExtent(plan: ModelPlan | undefined, upstreamRuns: boolean): string {
  if (plan === undefined || plan.action === 'skip') return upstreamRuns ? 'what its inputs touch' : 'nothing';
  switch (plan.extent.part) {
    case 'everything': return 'everything';
    case 'keys': return `the keys that ${plan.extent.changed.map(({ relation }) => relation).join(', ')} touch`;
    case 'intervals': {
      const { ranges, withoutTime } = plan.extent.intervals;
      return [...ranges.map(({ from, to }) => `${from ?? 'the beginning'} to ${to ?? 'the end'}`), ...(withoutTime ? ['rows without a time'] : [])].join(', ');
    }
  }
}

/** Every model, at any distance, one of whose columns is computed from a column that changes, or whose conditions use one. */
function downstreamOf({ project }: RunContext, name: string, changes: readonly ColumnChange[]): ExplainedModel['downstream'] {
  const touched = new Map<string, Set<string>>([[name, new Set(changes.filter(({ change }) => change !== 'added').map(({ column }) => column))]]);
  const found: ExplainedModel['downstream'] = [];
  for (const user of project.graph.order) {
    const analysis = project.analyses.get(user);
    if (user === name || analysis === undefined) continue;
    const isTouched = ({ table, column }: ColumnReference) => touched.get(table)?.has(column) ?? false;
    const used = analysis.uses.filter(isTouched);
    if (used.length === 0) continue;
    found.push({ model: user, columns: used.map(({ table, column }) => `${table}.${column}`) });
    touched.set(user, new Set(analysis.columns.filter(({ from }) => from.some(isTouched)).map(({ name: column }) => column)));
  }
  return found;
}

async function scanOf(context: RunContext, model: Model): Promise<ExplainedModel['scan']> {
  const sql = expandSources(model.sql, context.project.sources, new Set(), model.file);
  const columns = new Map(await Promise.all(model.reads.map(async (read) => [read, await context.relations.columnsOf(read)] as const)));
  const { uses } = analyse(sql, { columns: ({ name }) => columns.get(name), file: model.file });
  const total = { rows: 0, bytes: 0 };
  for (const read of model.reads) {
    const table = await findTable(context.lake, read);
    if (table === undefined) continue;
    const ids = uses.filter(({ table: used }) => used === read).flatMap(({ column }) => table.schema.fields.find((field) => field.name === column)?.id ?? []);
    for (const { file } of (await table.scan()).files) {
      total.rows += Number(file.recordCount);
      total.bytes += ids.reduce((sum, id) => sum + Number(file.metrics.columnSizes[id] ?? 0n), 0);
    }
  }
  return total;
}

/** The most bytes of UTF-8 in one statement. */
const LONGEST_STATEMENT = 262_144;

async function limitsOf(context: RunContext, model: Model, table: Table | undefined): Promise<string[]> {
  const limits: string[] = [];
  const buckets = model.partitionBy.reduce((product, term) => product * Number(/^bucket\((\d+)/.exec(term)?.[1] ?? 1), 1);
  if (buckets > MOST_OPEN_PARTITIONS) {
    limits.push(`${buckets} buckets: Athena writes at most ${MOST_OPEN_PARTITIONS} partitions in a statement, and buckets cannot be cut apart`);
  }
  if (table !== undefined && defaultSpec(table.metadata).fields.length > 0) {
    const partitions = new Set((await table.scan()).files.map(({ file }) => tupleKey(file.partition))).size;
    const statements = Math.ceil(partitions / MOST_OPEN_PARTITIONS);
    if (statements > 1) limits.push(`${partitions} partitions: written in ${statements} statements of at most ${MOST_OPEN_PARTITIONS}`);
  }
  const size = Buffer.byteLength(expandSources(model.sql, context.project.sources, new Set(), model.file));
  if (size > LONGEST_STATEMENT * 0.8) limits.push(`the SELECT has ${size} bytes, and Athena takes ${LONGEST_STATEMENT}`);
  return limits;
}
