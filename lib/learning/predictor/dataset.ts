// Rows of a training set as a learner takes them: who, when, what, and what came of it.
import { MillraceError } from '../../base/index.ts';
import type { TrainingSet } from '../training-set.ts';
import type { Predictor } from './declare.ts';

export type Cell = string | number | bigint | boolean | null;

export interface Dataset {
  /** Of each row, the values of its entities' columns. */
  entities: string[][];
  /** Milliseconds since 1970: the moment that the row is about; every feature is from before it. */
  times: Float64Array;
  /** NaN while it is not known. */
  labels: Float32Array;
  /** A column a feature, in the order of the predictor's. */
  columns: Float32Array[];
}

/** The time of a row, in a training set's result. */
export const AT_TIME = 'at_time';

/** From a query's answer. Times among the features count as days before the row's moment. @throws `bad_input` naming a column that is missing. */
export function datasetOf({ name, entities, features, label }: Predictor, columns: readonly string[], rows: readonly (readonly Cell[])[]): Dataset {
  const place = (column: string): number => {
    const index = columns.indexOf(column);
    if (index < 0) throw new MillraceError('bad_input', `the training set of ${name} has no column ${column}`, { where: `predictors/${name}.sql`, todo: `Its columns are ${columns.join(', ')}.` });
    return index;
  };
  const [at, labelAt] = [place(AT_TIME), place(label)];
  const times = Float64Array.from(rows, (row) => timeOf(row[at]!));
  const labels = Float32Array.from(rows, (row) => (row[labelAt] === null ? Number.NaN : Number(row[labelAt])));
  const featurePlaces = features.map(place);
  return {
    entities: rows.map((row) => entities.map((column) => String(row[place(column)]))), times, labels,
    columns: featurePlaces.map((index) => Float32Array.from(rows, (row, at_) => numberOf(row[index]!, times[at_]!))),
  };
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
