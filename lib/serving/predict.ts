// From rows of a request to scores: variant, features, model, answer, log.
import { assign } from '../experiments/index.ts';
import type { FeatureValue } from '../features/index.ts';
import type { Alias, ModelInput, PredictionRecord, ServedModel, ServingContext } from './context.ts';
import { invalid, notFound, Problem, type InvalidField } from './problem.ts';
import type { ApiKey } from './keys.ts';

export type Cell = string | number | boolean | null;
export type Row = Readonly<Record<string, Cell>>;

export interface Wanted {
  predictor: string;
  rows: readonly Row[];
  /** Who is assigned to a variant where a row does not name the experiment's unit. */
  unit?: string;
  attributes?: Readonly<Record<string, string>>;
  explain?: boolean;
  key: ApiKey;
}

export interface Scored {
  prediction_id: string;
  version: string | null;
  experiment: string | null;
  variant: string | null;
  score: number | null;
  /** The answer does not come from the model: see `reason`. */
  fallback: boolean;
  reason: string | null;
  contributions?: Record<string, number>;
}

interface Assigned { alias: Alias; experiment: string | null; variant: string | null; unit: string | null }

/**
 * Scores rows. A row names its entities, and may give inputs itself: those are taken as they are, the others are read from the online store. Where the store
 * does not answer in time, or no model is there yet, the answer is a fall-back and says so.
 * @throws Problem 400 that names every wrong field of every row, 404 for a predictor that is not declared.
 */
export async function predict(context: ServingContext, wanted: Wanted): Promise<Scored[]> {
  const started = performance.now();
  const { predictor, rows, key } = wanted;
  const champion = context.models.find(predictor, 'champion');
  if (champion === undefined && !context.models.declares(predictor)) throw notFound(`predictor '${predictor}'`, `there are ${context.models.declared().join(', ') || 'none'}`);
  const assignments = rows.map((row) => assignmentOf(context, wanted, row));
  const scored: Scored[] = Array.from({ length: rows.length });
  const records: PredictionRecord[] = [];
  const [now, request] = [context.clock.now(), context.ids.prediction()];
  for (const alias of ['champion', 'challenger'] as const) {
    const members = assignments.flatMap((assignment, index) => (assignment.alias === alias ? [index] : []));
    if (members.length === 0) continue;
    // A variant whose challenger is gone gets the champion, under its own version.
    const model = context.models.find(predictor, alias) ?? champion;
    const results = model === undefined ? members.map(() => MISSING) : await scoreGroup(context, model, members.map((index) => rows[index]!), wanted.explain === true, now);
    for (const [position, index] of members.entries()) {
      const { experiment, variant, unit } = assignments[index]!;
      const result = results[position]!;
      const answer: Scored = {
        prediction_id: context.ids.prediction(), version: model?.version ?? null, experiment, variant, score: result.score, fallback: result.reason !== null, reason: result.reason,
        ...(result.contributions === undefined ? {} : { contributions: result.contributions }),
      };
      scored[index] = answer;
      records.push({
        prediction_id: answer.prediction_id, request_id: request, predicted_at: now, kind: predictor, version: answer.version ?? 'none', experiment, variant, unit,
        entity: JSON.stringify(entityOf(model, rows[index]!)), features: result.features, response: JSON.stringify({ score: answer.score }),
        score: answer.score, fallback: answer.fallback, key_id: key.id, latency_ms: 0,
      });
    }
  }
  const latency = performance.now() - started;
  for (const record of records) record.latency_ms = latency;
  context.log.predicted(records);
  return scored;
}

interface Result { score: number | null; reason: string | null; features: string; contributions?: Record<string, number> }

const MISSING: Result = Object.freeze({ score: null, reason: 'model_missing', features: '{}' });

async function scoreGroup(context: ServingContext, model: ServedModel, rows: readonly Row[], explain: boolean, now: number): Promise<Result[]> {
  checkRows(context, model, rows);
  const { inputs } = model;
  const width = inputs.length;
  const matrix = new Float64Array(rows.length * width);
  const read = await featuresOf(context, model, rows, now);
  if (read === 'unavailable') return rows.map(() => ({ score: model.fallback, reason: 'features_unavailable', features: '{}' }));
  for (const [index, row] of rows.entries()) {
    for (const [column, input] of inputs.entries()) {
      const cell = row[input.name] ?? read.get(input.view ?? '')?.[index]?.[columnOf(input)] ?? null;
      matrix[index * width + column] = numberOf(cell, now);
    }
  }
  const scores = model.score(matrix, rows.length);
  return rows.map((_, index) => {
    const own = matrix.subarray(index * width, (index + 1) * width);
    return { score: scores[index]!, reason: null, features: featuresJson(inputs, own), ...(explain && model.contributions !== undefined ? { contributions: named(inputs, model.contributions(own)) } : {}) };
  });
}

/** Features of the views that a row leaves to the store, each view's in the order of the rows. */
async function featuresOf(context: ServingContext, { inputs }: ServedModel, rows: readonly Row[], now: number): Promise<Map<string, readonly Readonly<Record<string, FeatureValue>>[]> | 'unavailable'> {
  const views = [...new Set(inputs.flatMap(({ name, view }) => (view !== undefined && rows.some((row) => row[name] === undefined) ? [view] : [])))];
  if (views.length === 0) return new Map();
  const wanted = views.map((view) => ({ view, entities: rows.map((row) => context.features.entityOf(view)!.map((column) => String(row[column] ?? ''))) }));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'unavailable'>((resolve) => {
    timer = setTimeout(() => resolve('unavailable'), context.limits.featureMilliseconds);
  });
  try {
    const answer = await Promise.race([context.features.read(wanted, now), late]);
    return answer === 'unavailable' ? answer : new Map(views.map((view, index) => [view, answer[index]!]));
  } catch {
    return 'unavailable'; // the answer says so, and the alarm on the share of fall-backs tells the operator
  } finally {
    clearTimeout(timer);
  }
}

/** Every wrong cell of every row, with what is allowed there. */
function checkRows(context: ServingContext, model: ServedModel, rows: readonly Row[]): void {
  const errors: InvalidField[] = [];
  const names = new Set([...model.entities, ...model.inputs.map(({ name }) => name)]);
  for (const [index, row] of rows.entries()) {
    for (const [column, cell] of Object.entries(row)) {
      if (!names.has(column)) errors.push({ pointer: `/rows/${index}/${column}`, detail: `${model.predictor} takes ${[...names].join(', ')}` });
      else if (model.entities.includes(column)) {
        if (typeof cell !== 'string' || cell === '') errors.push({ pointer: `/rows/${index}/${column}`, detail: `expected an id, a string that is not empty; got ${JSON.stringify(cell)}` });
      } else if (cell !== null && typeof cell !== 'number') {
        errors.push({ pointer: `/rows/${index}/${column}`, detail: `expected a number or null; got ${JSON.stringify(cell)}` });
      }
    }
    const needed = new Set(model.inputs.flatMap(({ name, view }) => (row[name] !== undefined || view === undefined ? [] : context.features.entityOf(view) ?? [])));
    for (const column of needed) if (row[column] === undefined) errors.push({ pointer: `/rows/${index}/${column}`, detail: 'expected an id; it is missing' });
    if (errors.length > 20) break;
  }
  if (errors.length > 0) throw invalid(`the rows are not what ${model.predictor} takes`, errors.slice(0, 20));
}

/** By the first experiment on this predictor that the unit is in. */
function assignmentOf(context: ServingContext, { predictor, unit, attributes }: Wanted, row: Row): Assigned {
  for (const experiment of context.experiments) {
    if (experiment.subject !== `predict:${predictor}`) continue;
    const named = row[`${experiment.unit}_id`] ?? unit;
    if (typeof named !== 'string') continue;
    const assignment = assign(experiment, named, attributes);
    if (assignment.assigned) {
      return { alias: assignment.variant.settings['alias'] === 'challenger' ? 'challenger' : 'champion', experiment: experiment.name, variant: assignment.variant.name, unit: named };
    }
  }
  return { alias: 'champion', experiment: null, variant: null, unit: unit ?? null };
}

function columnOf({ name, view }: ModelInput): string {
  return view === undefined ? name : name.slice(view.length + 1);
}

/** Times count as days before now: a model learns how long ago something was, not when. */
export function numberOf(cell: FeatureValue | Cell, now: number): number {
  if (cell === null) return Number.NaN;
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  const number = Number(cell);
  if (!Number.isNaN(number)) return number;
  const time = Date.parse(cell.includes('T') ? cell : `${cell.replace(' ', 'T')}Z`);
  return Number.isNaN(time) ? Number.NaN : (now - time) / 86_400_000;
}

function entityOf(model: ServedModel | undefined, row: Row): Record<string, Cell> {
  return Object.fromEntries((model?.entities ?? []).flatMap((column) => (row[column] === undefined ? [] : [[column, row[column]]])));
}

function featuresJson(inputs: readonly ModelInput[], row: Float64Array): string {
  const values: Record<string, number | null> = {};
  for (const [index, { name }] of inputs.entries()) values[name] = Number.isNaN(row[index]!) ? null : row[index]!;
  return JSON.stringify(values);
}

function named(inputs: readonly ModelInput[], contributions: Float64Array): Record<string, number> {
  return Object.fromEntries([...inputs.map(({ name }, index) => [name, contributions[index]!]), ['bias', contributions[inputs.length]!]]);
}

export function tooManyRows(rows: number, limit: number): void {
  if (rows > limit) throw new Problem(413, 'Content too large', `a request has ${limit} rows at most, this one has ${rows}; send them in parts`);
}
