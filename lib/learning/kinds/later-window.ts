// Which rows a predictor learns from and which, later ones, it is measured on.
import { MillraceError } from '../../base/index.ts';
import { splitByTime } from '../split/by-time.ts';
import type { Dataset } from '../predictor/dataset.ts';
import type { Predictor } from '../predictor/types.ts';

export interface LaterWindow {
  train: Uint32Array;
  validate: Uint32Array;
  test: Uint32Array;
  /** All rows before the test window but for the gap: what a kind learns from that validates with nothing. */
  before: Uint32Array;
  /** Milliseconds since 1970. */
  testFrom: number;
}

/** Parts of these rows by time, as the predictor declares it. @throws `bad_input` where there are none, or too few. */
export function laterWindow({ name, split }: Predictor, { times }: Dataset, rows: Uint32Array): LaterWindow {
  if (rows.length === 0) {
    throw new MillraceError('bad_input', `the training set of ${name} has no row whose label is known`, { where: `predictors/${name}.sql`, todo: 'Give it a longer time, or look whether its tables are filled.' });
  }
  const parts = splitByTime(Float64Array.from(rows, (row) => times[row]!), { ...split, of: name });
  const rowsOf = (part: Uint32Array): Uint32Array => part.map((index) => rows[index]!);
  return { train: rowsOf(parts.train), validate: rowsOf(parts.validate), test: rowsOf(parts.test), before: rowsOf(parts.before), testFrom: parts.testFrom };
}
