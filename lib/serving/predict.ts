// From rows of a request to scores: variant, features, model, answer, log.
import { exposureOf, segmentsOf, type Experiment } from '../experiments/index.ts';
import type { Alias, CanaryTraffic, NewPrediction, ServedModel, ServingContext } from './context.ts';
import { notFound, Problem } from './problem.ts';
import type { ApiKey } from './keys.ts';
import { checkRows, entityJson, inputPlan, inputsGiven, inputsJson, matrixOf, readInputs, type InputPlan, type ReadFeatures, type Row } from './model-inputs.ts';
import { QuotedText } from './quoted.ts';

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

/** Rows of a request that one model answers. */
interface Group {
  /** undefined: there is no model yet. */
  plan: InputPlan | undefined;
  rows: readonly Row[];
  /** Where the rows are in the request. */
  members: readonly number[];
  /** Of the challenger of a canary: who answers where it cannot. */
  spare?: InputPlan;
}

/** Features, or why the answer is a fall-back. */
type Read = ReadFeatures | 'features_unavailable' | 'log_full';

/** A request that is being answered. */
interface Work { wanted: Wanted; canary: CanaryTraffic | undefined; assignments: readonly Assigned[]; groups: readonly Group[]; now: number; started: number }

/**
 * Scores rows. A row names its entities, and may give inputs itself: those are taken as they are, the others are read from the online store. Where the store
 * does not answer in time, nothing at all is known of a row, no model is there yet, or the log has no room left, the answer is a fall-back and says so: an
 * answer of the model that nobody could account for is not given. Where everything is at hand there is no promise: most requests are answered without waiting
 * for anything.
 * @throws Problem 400 that names the wrong fields, twenty at most, 404 for a predictor that is not declared.
 */
export function predict(context: ServingContext, wanted: Wanted): Scored[] | Promise<Scored[]> {
  const started = performance.now();
  const { predictor } = wanted;
  const champion = context.models.find(predictor, 'champion');
  if (champion === undefined && !context.models.declares(predictor)) throw notFound(`predictor '${predictor}'`, `there are ${context.models.declared().join(', ') || 'none'}`);
  const canary = context.canary?.(predictor);
  const assignments = assignmentsOf(context, wanted, canary, champion);
  const groups = groupsOf(context, wanted, champion, assignments, canary !== undefined);
  for (const group of groups) checkGroup(group, canary);
  const now = context.clock.now();
  const work: Work = { wanted, canary, assignments, groups, now, started };
  if (context.log.isFull === true) return answered(context, work, Array<Read>(2 * groups.length).fill('log_full'));
  const reads = groups.map(({ plan, rows }): Promise<Read> | Read => (plan === undefined ? [] : readInputs(context, plan, rows, now)));
  if (canary !== undefined) for (const { spare, rows } of groups) reads.push(spare === undefined ? [] : readInputs(context, spare, rows, now));
  for (const read of reads) if (read instanceof Promise) return Promise.all(reads).then((all) => answered(context, work, all));
  return answered(context, work, reads as Read[]);
}

function groupsOf(context: ServingContext, { predictor, rows }: Wanted, champion: ServedModel | undefined, assignments: readonly Assigned[], isWatched: boolean): Group[] {
  const groups: Group[] = [];
  for (const alias of ALIASES) {
    const members = membersOf(assignments, alias);
    if (members.length === 0) continue;
    // A variant whose challenger is gone gets the champion, under its own version.
    const model = context.models.find(predictor, alias) ?? champion;
    const group: Group = { plan: model === undefined ? undefined : inputPlan(context.features, model), members, rows: members.length === rows.length ? rows : members.map((index) => rows[index]!) };
    if (isWatched && model !== champion && champion !== undefined) group.spare = inputPlan(context.features, champion);
    groups.push(group);
  }
  return groups;
}

const ALIASES = ['champion', 'challenger'] as const;

function membersOf(assignments: readonly Assigned[], alias: Alias): readonly number[] {
  if (assignments.length === 1) return assignments[0]!.alias === alias ? ONLY : NONE;
  return assignments.flatMap((assigned, index) => (assigned.alias === alias ? index : []));
}

const ONLY: readonly number[] = Object.freeze([0]);
const NONE: readonly number[] = Object.freeze([]);

/** @throws Problem where the rows are not what the model takes; what the champion takes, a canary answers by the champion. */
function checkGroup(group: Group, canary: CanaryTraffic | undefined): void {
  if (group.plan === undefined) return;
  try {
    checkRows(group.plan, group.rows);
  } catch (thrown) {
    if (group.spare === undefined) throw thrown;
    checkRows(group.spare, group.rows);
    canary?.failed(group.rows.length);
    group.plan = group.spare;
    delete group.spare;
  }
}

function answered(context: ServingContext, { wanted, canary, assignments, groups, now, started }: Work, reads: readonly Read[]): Scored[] {
  const { predictor, rows, key, explain = false } = wanted;
  const scored = Array<Scored>(rows.length);
  const records = Array<NewPrediction>(rows.length);
  /** Names the request in the log, in every record of it: the id of its first answer. */
  let request: string | undefined;
  for (let at = 0; at < groups.length; at++) {
    const group = groups[at]!;
    const results = canary === undefined ? resultsOf(group, reads[at]!, explain, now) : watched(canary, group, reads[at]!, reads[groups.length + at]!, explain, now);
    const { plan, members } = group;
    const model = plan?.model;
    for (let position = 0; position < members.length; position++) {
      const index = members[position]!;
      const { experiment, variant, unit } = assignments[index]!;
      const { score, reason, features, contributions } = isAnswer(results[position]!) ? results[position]! : { ...results[position]!, score: model?.fallback ?? null, reason: 'no_number' };
      const id = context.ids.prediction();
      request ??= id;
      const answer: Scored = { prediction_id: id, version: model?.version ?? null, experiment, variant, score, fallback: reason !== null, reason };
      if (contributions !== undefined) answer.contributions = contributions;
      scored[index] = answer;
      const record: NewPrediction = {
        prediction_id: id, request_id: request, predicted_at: now, kind: predictor, version: answer.version ?? 'none', experiment, variant, unit,
        entity: entityJson(plan, rows[index]!), features, response: responseJson(score, plan, rows[index]!), score, fallback: answer.fallback, key_id: key.id, latency_ms: 0,
      };
      if (reason !== null) record.reason = reason;
      records[index] = wanted.attributes === undefined ? record : Object.assign(record, segmentsOf(wanted.attributes));
    }
  }
  // As exactly as the log has it.
  const latency = Math.round((performance.now() - started) * 1_000) / 1_000;
  for (const record of records) record.latency_ms = latency;
  context.log.predicted(records);
  return scored;
}

interface Result { score: number | null; reason: string | null; features: NewPrediction['features']; contributions?: Record<string, number> }

/** Whether it says itself that it is none, or is a figure that JSON and the log can hold. */
function isAnswer({ score, reason }: Result): boolean {
  return reason !== null || (score !== null && Math.abs(score) <= Number.MAX_SAFE_INTEGER);
}

const MISSING: Result = Object.freeze({ score: null, reason: 'model_missing', features: '{}' });

function resultsOf({ plan, rows }: Group, read: Read, explain: boolean, now: number): Result[] {
  if (plan === undefined) return rows.map(() => MISSING);
  const { model, inputs } = plan;
  if (typeof read === 'string') return rows.map(() => ({ score: model.fallback, reason: read, features: '{}' }));
  const matrix = matrixOf(plan, rows, read, now);
  const scores = model.score(matrix, rows.length);
  const results = Array<Result>(rows.length);
  for (let index = 0; index < rows.length; index++) {
    const own = rows.length === 1 ? matrix : matrix.subarray(index * inputs.length, (index + 1) * inputs.length);
    // A model says something of anybody; where nothing is known, and nothing was said to be missing, the caller should know that it means little.
    const isBlank = isUnknown(own) && !inputs.some(({ name }) => rows[index]![name] !== undefined);
    const result: Result = isBlank ? { score: model.fallback, reason: 'features_missing', features: '{}' } : { score: scores[index]!, reason: null, features: inputsJson(plan, own) };
    if (explain && !isBlank && model.contributions !== undefined) result.contributions = named(plan, model.contributions(own));
    results[index] = result;
  }
  return results;
}

function isUnknown(own: Float64Array): boolean {
  for (const value of own) if (!Number.isNaN(value)) return false;
  return true;
}

/** While a canary runs: both sides are counted, and what the challenger cannot answer the champion does. */
function watched(canary: CanaryTraffic, group: Group, read: Read, spareRead: Read, explain: boolean, now: number): Result[] {
  const { plan, spare, rows } = group;
  const started = performance.now();
  try {
    const results = resultsOf(group, read, explain, now);
    if (results.some(({ score, reason }) => reason === null && !Number.isFinite(score))) throw new TypeError('the model gave no number');
    if (plan !== undefined) canary.answered(plan.model.alias, rows.length, results.reduce((sum, { reason }) => sum + (reason === null ? 0 : 1), 0), performance.now() - started);
    return results;
  } catch (thrown) {
    if (spare === undefined) throw thrown;
    canary.failed(rows.length);
    group.plan = spare;
    return resultsOf(group, spareRead, explain, now);
  }
}

function assignmentsOf(context: ServingContext, wanted: Wanted, canary: CanaryTraffic | undefined, champion: ServedModel | undefined): Assigned[] {
  const { experiments } = context;
  const subject = `predict:${wanted.predictor}` as const;
  return wanted.rows.map((row) => {
    const assigned = assignmentOf(context, experiments, subject, wanted, row);
    // Who is in no experiment may be in the canary. Sticky: by whoever is named, else by whom the row is about.
    const isCanary = canary !== undefined && assigned.experiment === null && canary.takes(wanted.unit ?? String(row[champion?.entities[0] ?? ''] ?? ''));
    return isCanary ? { ...assigned, alias: 'challenger', variant: 'canary' } : assigned;
  });
}

function assignmentOf(context: ServingContext, experiments: ServingContext['experiments'], subject: `predict:${string}`, { predictor, unit, attributes }: Wanted, row: Row): Assigned {
  const exposure = experiments.length === 0 ? undefined : exposureOf(experiments, subject, (experiment) => unitIn(row, experiment) ?? unit, attributes, ({ settings }) => context.models.find(predictor, aliasOf(settings)) !== undefined);
  return exposure === undefined
    ? { alias: 'champion', experiment: null, variant: null, unit: unit ?? null }
    : { alias: aliasOf(exposure.variant.settings), experiment: exposure.experiment, variant: exposure.variant.name, unit: exposure.unit };
}

/** The row's own visitor, for an experiment on visitors, whichever way its column is written. */
function unitIn(row: Row, { unit }: Experiment): string | undefined {
  const named = row[`${unit}_id`] ?? row[`${unit}id`];
  return typeof named === 'string' ? named : undefined;
}

function aliasOf(settings: Experiment['variants'][number]['settings']): Alias {
  return settings['alias'] === 'challenger' ? 'challenger' : 'champion';
}

/** With the inputs that the row gave itself in place of the store: whoever compares the log with the lake leaves them out. */
function responseJson(score: number | null, plan: InputPlan | undefined, row: Row): NewPrediction['response'] {
  const given = plan === undefined ? [] : inputsGiven(plan, row);
  return given.length === 0 ? new QuotedText(`"{\\"score\\":${score}}"`) : JSON.stringify({ score, given });
}

function named({ inputs }: InputPlan, contributions: Float64Array): Record<string, number> {
  return Object.fromEntries([...inputs.map(({ name }, index) => [name, contributions[index]!]), ['bias', contributions[inputs.length]!]]);
}

export function tooManyRows(rows: number, limit: number): void {
  if (rows > limit) throw new Problem(413, 'Content too large', `a request has ${limit} rows at most, this one has ${rows}; send them in parts`);
}
