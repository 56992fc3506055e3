// What a model takes: rows checked, features read for what they leave out, the matrix filled. What can be known of a model beforehand is worked out once.
import type { FeatureValue } from '../features/index.ts';
import type { FeatureReader, ServedModel, ServingContext } from './context.ts';
import { ID_SAYS, isId } from './formats.ts';
import { invalid, type InvalidField } from './problem.ts';
import { QuotedText, quotedWithin } from './quoted.ts';

export type Cell = string | number | boolean | null;
export type Row = Readonly<Record<string, Cell>>;

/** A view that a model's inputs come from. */
interface PlannedView {
  name: string;
  /** The columns of a row that name its entity. */
  columns: readonly string[];
  /** Inputs of the model: where a row gives all of them itself, the view need not be read. */
  inputs: readonly string[];
  /** Of each its name in the view, and its place in a row of the matrix. */
  features: readonly string[];
  places: readonly number[];
  /** Values of late as numbers: features that are kept are given again and again. */
  known: WeakMap<Readonly<Record<string, FeatureValue>>, ViewNumbers>;
}

/** What a view says of an entity, for each input of the plan; of times, their milliseconds. */
interface ViewNumbers { numbers: readonly number[]; /** Which of them are times. */ times: readonly number[] }

interface PlannedInput {
  name: string;
  /** Its view is one of the plan's; else the request gives it. */
  isRead: boolean;
  /** `{\"views_7d\":` of the first, `,\"views_7d\":` of the others, for the log. */
  json: string;
}

export interface InputPlan {
  model: ServedModel;
  kinds: ReadonlyMap<string, 'entity' | 'input'>;
  views: readonly PlannedView[];
  inputs: readonly PlannedInput[];
  /** Columns that name entities, each with `\"visitor_id\":` for the log. */
  entities: readonly { name: string; json: string }[];
  /** Room for the matrix of one row, as most requests have: each one of its own would be memory outside the heap. */
  one: Float64Array;
}

/** Features of the rows by the plan's views; undefined for a view that is not needed. */
export type ReadFeatures = readonly (readonly Readonly<Record<string, FeatureValue>>[] | undefined)[];

const plans = new WeakMap<ServedModel, InputPlan>();

export function inputPlan(features: FeatureReader, model: ServedModel): InputPlan {
  let plan = plans.get(model);
  if (plan === undefined) plans.set(model, (plan = planned(features, model)));
  return plan;
}

function planned(features: FeatureReader, model: ServedModel): InputPlan {
  const names = [...new Set(model.inputs.flatMap(({ view }) => (view === undefined ? [] : [view])))];
  return {
    model,
    kinds: new Map([...model.inputs.map(({ name }) => [name, 'input'] as const), ...model.entities.map((name) => [name, 'entity'] as const)]),
    views: names.map((view) => plannedView(model, view, features.entityOf(view) ?? [])),
    entities: model.entities.map((name) => ({ name, json: `${quotedWithin(name)}:` })),
    one: new Float64Array(model.inputs.length),
    inputs: model.inputs.map(({ name, view }, at) => ({ name, isRead: view !== undefined, json: `${at === 0 ? '{' : ','}${quotedWithin(name)}:` })),
  };
}

function plannedView({ inputs }: ServedModel, view: string, columns: readonly string[]): PlannedView {
  const own = inputs.flatMap((input, place) => (input.view === view ? [{ name: input.name, place }] : []));
  return { name: view, columns, inputs: own.map(({ name }) => name), features: own.map(({ name }) => name.slice(view.length + 1)), places: own.map(({ place }) => place), known: new WeakMap() };
}

/** @throws Problem 400 that names wrong cells, with what is allowed there. */
export function checkRows(plan: InputPlan, rows: readonly Row[]): void {
  for (const row of rows) if (!isRight(plan, row)) throw wrongRows(plan, rows);
}

function isRight({ kinds, views }: InputPlan, row: Row): boolean {
  for (const column of Object.keys(row)) {
    const kind = kinds.get(column);
    const cell = row[column];
    if (kind === 'entity' ? typeof cell !== 'string' || !isId(cell) : kind === undefined || (cell !== null && typeof cell !== 'number' && typeof cell !== 'boolean')) return false;
  }
  for (const view of views) {
    if (leavesOut(row, view)) for (const column of view.columns) if (row[column] === undefined) return false;
  }
  return true;
}

function leavesOut(row: Row, { inputs }: PlannedView): boolean {
  for (const name of inputs) if (row[name] === undefined) return true;
  return false;
}

function wrongRows({ model, kinds, views }: InputPlan, rows: readonly Row[]): Error {
  const errors: InvalidField[] = [];
  for (const [index, row] of rows.entries()) {
    for (const [column, cell] of Object.entries(row)) {
      if (errors.length >= MOST_ERRORS) break; // a row may have as many columns as a body has room for
      const kind = kinds.get(column);
      const pointer = `/rows/${index}/${column.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (kind === undefined) {
        errors.push({ pointer, detail: `${model.predictor} takes ${[...new Set([...model.entities, ...model.inputs.map(({ name }) => name)])].join(', ')}` });
      } else if (kind === 'entity') {
        if (typeof cell !== 'string' || !isId(cell)) errors.push({ pointer, detail: `expected a string, ${ID_SAYS}; got ${JSON.stringify(cell)}` });
      } else if (typeof cell === 'string') {
        errors.push({ pointer, detail: `expected a number, true, false or null (of a time: how many days ago it was); got ${JSON.stringify(cell)}` });
      }
    }
    const needed = new Set(views.flatMap((view) => (leavesOut(row, view) ? view.columns : [])));
    for (const column of needed) if (row[column] === undefined) errors.push({ pointer: `/rows/${index}/${column}`, detail: 'expected an id; it is missing' });
    if (errors.length >= MOST_ERRORS) break;
  }
  return invalid(`the rows are not what ${model.predictor} takes`, errors.slice(0, MOST_ERRORS));
}

/** How many wrong cells a refusal names. */
const MOST_ERRORS = 20;

/** Features of the views that a row leaves to the store. A store that answers at once is not waited for. */
export function readInputs(context: ServingContext, { views }: InputPlan, rows: readonly Row[], now: number): Promise<ReadFeatures | 'features_unavailable'> | ReadFeatures | 'features_unavailable' {
  const needed = views.filter((view) => someLeaveOut(rows, view));
  if (needed.length === 0) return [];
  const wanted = needed.map((view) => ({ view: view.name, entities: rows.map((row) => entityOf(row, view)) }));
  try {
    const answer = context.features.read(wanted, now);
    return answer instanceof Promise ? withinTime(answer, context.limits.featureMilliseconds).then((read) => placed(views, needed, read)) : placed(views, needed, answer);
  } catch {
    return 'features_unavailable'; // the answer says so, and the alarm on the share of fall-backs tells the operator
  }
}

function someLeaveOut(rows: readonly Row[], view: PlannedView): boolean {
  for (const row of rows) if (leavesOut(row, view)) return true;
  return false;
}

function entityOf(row: Row, { columns }: PlannedView): string[] {
  const entity = Array<string>(columns.length);
  for (let at = 0; at < columns.length; at++) entity[at] = String(row[columns[at]!] ?? '');
  return entity;
}

function placed(views: readonly PlannedView[], needed: readonly PlannedView[], read: ReadFeatures | 'features_unavailable'): ReadFeatures | 'features_unavailable' {
  return read === 'features_unavailable' || needed.length === views.length ? read : views.map((view) => read[needed.indexOf(view)]);
}

async function withinTime(reading: Promise<ReadFeatures>, milliseconds: number): Promise<ReadFeatures | 'features_unavailable'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'features_unavailable'>((resolve) => {
    timer = setTimeout(() => resolve('features_unavailable'), milliseconds);
  });
  try {
    return await Promise.race([reading, late]);
  } catch {
    return 'features_unavailable';
  } finally {
    clearTimeout(timer);
  }
}

/** Row-major, NaN where nothing is known: what a row gives itself goes before what the store knows. Of one row it is good until the next is asked for. */
export function matrixOf({ kinds, views, inputs, one }: InputPlan, rows: readonly Row[], read: ReadFeatures, now: number): Float64Array {
  const matrix = rows.length === 1 ? one : new Float64Array(rows.length * inputs.length);
  matrix.fill(Number.NaN);
  for (let index = 0; index < rows.length; index++) {
    const [row, first] = [rows[index]!, index * inputs.length];
    for (let at = 0; at < views.length; at++) {
      const values = read[at]?.[index];
      if (values !== undefined) fillFrom(matrix, first, views[at]!, values, now);
    }
    if (!givesInputs(kinds, row)) continue;
    // Who says that it is missing means so, whatever the store knows.
    for (let place = 0; place < inputs.length; place++) {
      const own = row[inputs[place]!.name];
      if (own !== undefined) matrix[first + place] = numberOf(own, now);
    }
  }
  return matrix;
}

function fillFrom(matrix: Float64Array, first: number, view: PlannedView, values: Readonly<Record<string, FeatureValue>>, now: number): void {
  let known = view.known.get(values);
  if (known === undefined) view.known.set(values, (known = viewNumbers(view, values)));
  const { numbers, times } = known;
  const { places } = view;
  for (let at = 0; at < numbers.length; at++) matrix[first + places[at]!] = numbers[at]!;
  for (let at = 0; at < times.length; at++) matrix[first + places[times[at]!]!] = daysBefore(now, numbers[times[at]!]!);
}

function viewNumbers({ features }: PlannedView, values: Readonly<Record<string, FeatureValue>>): ViewNumbers {
  const times: number[] = [];
  const numbers = features.map((feature, at) => {
    const value = values[feature] ?? null;
    const time = typeof value === 'string' ? timeIn(value) : undefined;
    if (time !== undefined) times.push(at);
    return time ?? numberOf(value, 0);
  });
  return { numbers, times };
}

/** Most rows name their entities and nothing else. */
function givesInputs(kinds: InputPlan['kinds'], row: Row): boolean {
  for (const name in row) if (kinds.get(name) === 'input') return true;
  return false;
}

/** Times count as days before now: a model learns how long ago something was, not when. */
export function numberOf(cell: FeatureValue | Cell, now: number): number {
  if (cell === null) return Number.NaN;
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  const time = timeIn(cell);
  return time === undefined ? Number(cell) : daysBefore(now, time);
}

/** Milliseconds; NaN for a text that says nothing; undefined for a number. */
function timeIn(cell: string): number | undefined {
  return Number.isNaN(Number(cell)) ? Date.parse(cell.includes('T') ? cell : `${cell.replace(' ', 'T')}Z`) : undefined;
}

/** NaN where the time is none. */
function daysBefore(now: number, time: number): number {
  return (now - time) / 86_400_000;
}

/** A row of the matrix by the inputs' names, as JSON. */
export function inputsJson({ inputs }: InputPlan, row: Float64Array): string | QuotedText {
  if (inputs.length === 0) return '{}';
  let text = '"';
  for (let index = 0; index < inputs.length; index++) {
    const value = row[index]!;
    text += inputs[index]!.json + (Number.isFinite(value) ? String(value) : 'null');
  }
  return new QuotedText(`${text}}"`);
}

/** Inputs that a view has and the row gives itself. */
export function inputsGiven({ kinds, inputs }: InputPlan, row: Row): readonly string[] {
  return givesInputs(kinds, row) ? Object.keys(row).filter((name) => kinds.get(name) === 'input' && inputs.some((input) => input.name === name && input.isRead)) : NONE;
}

const NONE: readonly string[] = Object.freeze([]);

/** The entities that a row names, as JSON. */
export function entityJson(plan: InputPlan | undefined, row: Row): string | QuotedText {
  let text = '';
  for (const { name, json } of plan?.entities ?? NO_ENTITIES) {
    const id = row[name];
    if (id !== undefined) text += (text === '' ? '{' : ',') + json + quotedWithin(String(id));
  }
  return text === '' ? '{}' : new QuotedText(`"${text}}"`);
}

const NO_ENTITIES: InputPlan['entities'] = Object.freeze([]);
