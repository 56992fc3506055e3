// The first step of a model's run: whether it has to run at all, why, and how much of it has to be computed.
import { MillraceError } from '../../base/index.ts';
import type { Table } from '../../lake/index.ts';
import { expandSources } from '../models/sources.ts';
import type { Model, ResultColumn } from '../types.ts';
import { athenaTypeOf } from '../models/column-types.ts';
import { changedInputs, type ChangedInput } from './changed-inputs.ts';
import { findTable, lastChange, publishedState, type PublishedState, type RunContext } from './context.ts';
import { definitionFingerprint, hashOf, parametersUsed } from './fingerprint.ts';
import { addIntervals, intervalStart, isEverything, isNothing, union, type Intervals } from './intervals.ts';
import { isBreaking, schemaChanges, type ColumnChange } from './schema-change.ts';
import { touchedIntervals } from './touched.ts';

export interface PlanOptions {
  /** Computes everything, whatever the state says. */
  full?: boolean;
  /** Back-fill: computes the intervals that hold dates in `[from, to)` as well; ISO dates. Models with `time` only. */
  range?: { from?: string; to?: string };
}

/** What of a model is computed. */
export type Extent =
  | { part: 'everything' }
  /** `append`, `partitions`: the rows of these intervals. */
  | { part: 'intervals'; intervals: Intervals }
  /** `merge`: the rows of the keys that changed rows of these inputs touch. */
  | { part: 'keys'; changed: ChangedInput[] };

/** Survives a JSON round trip, so that a state machine can hand it from step to step. */
export interface ModelPlan {
  model: string;
  action: 'run' | 'skip';
  /** Why, for a person. */
  reason: string;
  extent: Extent;
  /** The table starts afresh: all its rows are replaced, whatever its kind. */
  fresh: boolean;
  fingerprint: string;
  definition: string;
  /** Table → snapshot that is read; null: empty or missing. */
  inputs: Record<string, string | null>;
  /** Inputs that are not there yet and count as empty. */
  missing: string[];
  parameters: Record<string, string>;
  /** Columns of the SELECT. */
  columns: ResultColumn[];
  /** What they change in the table; empty for a new table. */
  changes: ColumnChange[];
  /** The table is made by this run. */
  isNew: boolean;
  /** The table's current snapshot when the run was planned; null: none. */
  base: string | null;
}

/** Plans one model against the lake as it is now. Throws `not_found` where a model that it reads has never run. */
export async function planModel(context: RunContext, name: string, options: PlanOptions = {}): Promise<ModelPlan> {
  const model = modelOf(context, name);
  if (options.range !== undefined && model.time === undefined) {
    throw new MillraceError('usage', `${name} is not computed by time, so it has no part from and to a date`, { where: model.file, todo: 'Use --full.' });
  }
  const definition = definitionFingerprint(model, expandSources(model.sql, context.project.sources, new Set(), model.file));
  const [table, tables] = await Promise.all([findTable(context.lake, name), inputTables(context, model)]);
  const state = publishedState(table);
  const parameters = parametersUsed(model, context.parameters);
  const inputs = Object.fromEntries(model.reads.map((read) => [read, idText(tables.get(read)?.metadata['current-snapshot-id'])]));
  const changes = Object.fromEntries(model.reads.map((read) => [read, idText(lastChangeId(tables.get(read)))]));
  const plan: ModelPlan = {
    model: name,
    action: 'run',
    reason: '',
    extent: { part: 'everything' },
    fresh: false,
    fingerprint: hashOf({ definition, parameters, inputs: changes }),
    definition,
    inputs,
    missing: model.reads.filter((read) => !tables.has(read)),
    parameters,
    columns: state?.definition === definition && table !== undefined ? columnsOfTable(table) : [...await context.relations.columnsOf(name)],
    changes: [],
    isNew: table === undefined,
    base: idText(table?.metadata['current-snapshot-id']),
  };
  if (table !== undefined) plan.changes = schemaChanges(table.schema, plan.columns);
  const decided = await decide(context, model, plan, state, tables, options);
  return { ...plan, ...decided };
}

type Decision = Pick<ModelPlan, 'action' | 'reason' | 'extent' | 'fresh'>;
const fresh = (reason: string): Decision => ({ action: 'run', reason, extent: { part: 'everything' }, fresh: true });
const everything = (reason: string): Decision => ({ action: 'run', reason, extent: { part: 'everything' }, fresh: false });
const skip = (reason: string): Decision => ({ action: 'skip', reason, extent: { part: 'everything' }, fresh: false });

async function decide(
  context: RunContext, model: Model, plan: ModelPlan, state: PublishedState | undefined, tables: ReadonlyMap<string, Table>, options: PlanOptions,
): Promise<Decision> {
  if (plan.isNew) return fresh('the table is new');
  if (options.full === true) return fresh('everything was asked for');
  if (state === undefined) return fresh(plan.base === null ? 'the table is empty' : 'the table was last written by somebody else');
  if (state.definition !== plan.definition) return fresh(describeChanges(plan.changes));
  if (state.fingerprint === plan.fingerprint && options.range === undefined) return skip('nothing that it depends on has changed');
  const parameters = Object.keys(plan.parameters).filter((name) => state.parameters[name] !== plan.parameters[name]);
  if (parameters.length > 0) return everything(parameters.map((name) => `:${name} is now ${plan.parameters[name]}`).join(', '));
  const changed = await changedInputs(model, state.inputs, tables);
  if (changed.length === 0 && options.range === undefined) return skip('nothing that it depends on has changed');
  const names = changed.map(({ relation }) => relation).join(', ');
  if (model.kind === 'full') return everything(`${names} changed`);
  const unmapped = changed.find(({ columns }) => columns === undefined);
  if (unmapped !== undefined) return everything(`${unmapped.relation} changed${unmapped.why === undefined ? '' : ` (${unmapped.why})`}`);
  const touching = changed.filter(({ columns }) => columns !== 'ignore');
  if (model.time !== undefined) return decideByTime(context, model, touching, tables, options, names);
  if (model.kind !== 'merge') return everything(`${names} changed`);
  if (touching.length === 0) return skip(`${names} changed, and by \`changes\` that touches nothing`);
  return { action: 'run', reason: `${names} changed`, extent: { part: 'keys', changed: touching }, fresh: false };
}

async function decideByTime(
  context: RunContext, model: Model, touching: ChangedInput[], tables: ReadonlyMap<string, Table>, options: PlanOptions, names: string,
): Promise<Decision> {
  const time = model.time as NonNullable<Model['time']>;
  let intervals = await touchedIntervals(context, model, touching, tables);
  const newest = intervals.ranges.at(-1)?.to;
  if (model.lookback > 0 && newest !== undefined) {
    intervals = union(intervals, { ranges: [{ from: addIntervals(newest, -1 - model.lookback, time.grain), to: newest }], withoutTime: false });
  }
  if (options.range !== undefined) {
    const { from, to } = options.range;
    const wholeTo = to === undefined || intervalStart(to, time.grain) === to ? to : addIntervals(intervalStart(to, time.grain), 1, time.grain);
    const range = { ...(from === undefined ? {} : { from: intervalStart(from, time.grain) }), ...(wholeTo === undefined ? {} : { to: wholeTo }) };
    intervals = union(intervals, { ranges: [range], withoutTime: false });
  }
  if (isNothing(intervals)) return skip(`${names} changed, and no row of this table is touched`);
  const why = [...(names === '' ? [] : [`${names} changed`]), ...(options.range === undefined ? [] : ['a back-fill was asked for'])].join(', ');
  return isEverything(intervals) ? everything(why) : { action: 'run', reason: why, extent: { part: 'intervals', intervals }, fresh: false };
}

function describeChanges(changes: readonly ColumnChange[]): string {
  if (changes.length === 0) return 'the model changed';
  const breaking = changes.some(isBreaking);
  return `the model changed: ${changes.map(({ change, column }) => `${column} ${change}`).join(', ')}${breaking ? '' : ' (compatible)'}`;
}

export function modelOf(context: Pick<RunContext, 'project'>, name: string): Model {
  const model = context.project.models.get(name);
  if (model === undefined) throw new MillraceError('not_found', `there is no model ${name}`, { todo: 'See `millrace tables` for the names.' });
  return model;
}

async function inputTables(context: RunContext, model: Model): Promise<Map<string, Table>> {
  const found = new Map<string, Table>();
  await Promise.all(model.reads.map(async (read) => {
    const table = await findTable(context.lake, read);
    if (table !== undefined) found.set(read, table);
    else if (context.project.models.has(read)) {
      throw new MillraceError('not_found', `${model.name} reads ${read}, which has not been computed yet`, { todo: `Run it first: --select +${model.name}` });
    }
  }));
  return found;
}

function columnsOfTable(table: Table): ResultColumn[] {
  return table.schema.fields.map(({ name, type }) => ({ name, type: athenaTypeOf(type) }));
}

function lastChangeId(table: Table | undefined): bigint | undefined {
  return table === undefined ? undefined : lastChange(table.metadata)?.['snapshot-id'];
}

function idText(id: bigint | undefined): string | null {
  return id === undefined ? null : String(id);
}

