// Rows of a training set as a learner takes them: who, when, what, and what came of it.
import { MillraceError } from '../../base/index.ts';
import type { TrainingSet } from '../training-set.ts';
import type { Predictor } from './types.ts';

export type Cell = string | number | bigint | boolean | null;

export interface Dataset {
  /** Of each row, the values of its entities' columns. */
  entities: string[][];
  /** Milliseconds since 1970: the moment that the row is about; every feature is from before it. */
  times: Float64Array;
  /** NaN while it is not known, and where a predictor has none. */
  labels: Float32Array;
  /** A column a feature, in the order of the predictor's. */
  columns: Float32Array[];
  /** The columns that the gate looks at part by part, as text, by name. */
  parts?: Readonly<Record<string, readonly string[]>>;
}

/** The time of a row, in a training set's result. */
export const AT_TIME = 'at_time';

/** From a query's answer. Times among the features count as days before the row's moment. @throws `bad_input` naming a column that is missing, or that is a text: it would be learned from as if nothing were known. */
export function datasetOf({ name, entities, features, label, gate }: Predictor, columns: readonly string[], rows: readonly (readonly Cell[])[]): Dataset {
  const place = (column: string): number => {
    const index = columns.indexOf(column);
    if (index < 0) throw new MillraceError('bad_input', `the training set of ${name} has no column ${column}`, { where: `predictors/${name}.sql`, todo: `Its columns are ${columns.join(', ')}.` });
    return index;
  };
  const at = place(AT_TIME);
  const labelAt = label === undefined ? undefined : place(label);
  const times = timesOf(rows.map((row) => row[at]!));
  const checked = (column: string, takesTimes: boolean): void => {
    const index = place(column);
    const odd = rows.find((row) => typeof row[index] === 'string' && !isNumber(row[index]) && !(takesTimes && TIME.test(row[index])));
    if (odd === undefined) return;
    throw new MillraceError('bad_input', `the column ${column} of the training set of ${name} is a text, '${String(odd[index]).slice(0, 40)}' for instance, and what is learned from are numbers${takesTimes ? ', true and false, and times' : ''}`, {
      where: `predictors/${name}.sql`, todo: takesTimes ? `Make a column of each category that may matter: CASE WHEN ${column} = '${String(odd[index]).slice(0, 40).replaceAll("'", "''")}' THEN 1 ELSE 0 END AS is_…` : `Give 1 where it came true, 0 where it did not, NULL where that is not known yet: CASE WHEN ${column} = '…' THEN 1 …`,
    });
  };
  for (const feature of features) checked(feature, true);
  if (label !== undefined) checked(label, false);
  const labels = Float32Array.from(rows, (row) => (labelAt === undefined || row[labelAt] === null ? Number.NaN : Number(row[labelAt])));
  const [featurePlaces, entityPlaces] = [features.map(place), entities.map(place)];
  return {
    entities: rows.map((row) => entityPlaces.map((index) => String(row[index]))), times, labels,
    columns: featurePlaces.map((index) => Float32Array.from(rows, (row, at_) => numberOf(row[index]!, times[at_]!))),
    ...(gate.slices === undefined ? {} : { parts: Object.fromEntries(gate.slices.by.map((column) => [column, rows.map((row) => String(row[place(column)] ?? 'missing'))])) }),
  };
}

/** The rows of one after those of the other; at least one. */
export function joinedDatasets(parts: readonly Dataset[]): Dataset {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first!;
  const rows = parts.reduce((sum, { times }) => sum + times.length, 0);
  const floats = (of: (part: Dataset) => Float32Array): Float32Array => joined(new Float32Array(rows), parts.map(of));
  return {
    entities: parts.flatMap(({ entities }) => entities), times: joined(new Float64Array(rows), parts.map(({ times }) => times)), labels: floats(({ labels }) => labels),
    columns: first.columns.map((_, index) => floats(({ columns }) => columns[index]!)),
    ...(first.parts === undefined ? {} : { parts: Object.fromEntries(Object.keys(first.parts).map((name) => [name, parts.flatMap((part) => part.parts![name]!)])) }),
  };
}

function joined<Numbers extends Float32Array | Float64Array>(into: Numbers, parts: readonly Numbers[]): Numbers {
  let at = 0;
  for (const part of parts) {
    into.set(part, at);
    at += part.length;
  }
  return into;
}

/** Milliseconds since 1970 of times as a query gives them. */
export function timesOf(cells: readonly Cell[]): Float64Array {
  return Float64Array.from(cells, timeOf);
}

/** These rows of it, as what is trained on. */
export function trainingSetOf({ features }: Predictor, { columns, labels }: Dataset, rows: Uint32Array, weights?: Float32Array): TrainingSet {
  return {
    features: features.map((name, index) => ({ name, values: Float32Array.from(rows, (row) => columns[index]![row]!) })),
    labels: Float32Array.from(rows, (row) => labels[row]!), ...(weights === undefined ? {} : { weights }),
  };
}

/** Rows × features, row by row. */
export function matrixOf({ columns }: Dataset, rows: Uint32Array): Float32Array {
  const matrix = new Float32Array(rows.length * columns.length);
  rows.forEach((row, at) => columns.forEach((values, column) => {
    matrix[at * columns.length + column] = values[row]!;
  }));
  return matrix;
}

/** Rows whose label is known, and those whose is not. */
export function byMaturity({ labels }: Dataset): { known: Uint32Array; open: Uint32Array } {
  const all = Uint32Array.from(labels.keys());
  return { known: all.filter((row) => !Number.isNaN(labels[row]!)), open: all.filter((row) => Number.isNaN(labels[row]!)) };
}

/** The times of the first and the last of these rows, milliseconds since 1970; Infinity and -Infinity of none. */
export function spanOf({ times }: Dataset, rows: Uint32Array): { first: number; last: number } {
  let [first, last] = [Infinity, -Infinity];
  for (const row of rows) {
    first = Math.min(first, times[row]!);
    last = Math.max(last, times[row]!);
  }
  return { first, last };
}

/** Of every entity the newest row whose label is not known: what is to be foretold. */
export function newestOpen(data: Dataset): Uint32Array {
  return newestOf(data, byMaturity(data).open);
}

/** Of several rows of one entity the newest. */
export function newestOf({ entities, times }: Dataset, rows: Uint32Array): Uint32Array {
  const newest = new Map<string, number>();
  for (const row of rows) {
    const key = entities[row]!.join('\u0000');
    const other = newest.get(key);
    if (other === undefined || times[other]! < times[row]!) newest.set(key, row);
  }
  return Uint32Array.from(newest.values());
}

/** A value of a dataset, which holds seven digits, as whoever wrote it would: 606.32 rather than 606.3200073. */
export function decimal(value: number): number {
  return Number(value.toPrecision(7));
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && !Number.isNaN(Number(text));
}

/** As engines write dates and times. */
const TIME = /^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}|$)/;

function numberOf(cell: Cell, at: number): number {
  if (cell === null) return Number.NaN;
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  const number = Number(cell);
  if (!Number.isNaN(number)) return number;
  const time = timeOf(cell);
  return Number.isNaN(time) ? Number.NaN : (at - time) / 86_400_000;
}

function timeOf(cell: Cell): number {
  const text = String(cell);
  return Date.parse(text.includes(':') ? `${text.replace(' ', 'T')}${/[Zz]$/.test(text) ? '' : 'Z'}` : `${text}T00:00:00Z`);
}
