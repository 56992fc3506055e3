// Rows as SageMaker's XGBoost container reads them: CSV without a header, the label first, then the weight where there are any.
import { floatText, type TrainingSet } from '../index.ts';

/** A file has so many rows: texts of JavaScript end at half a gigabyte. */
const ROWS_A_FILE = 100_000;

/** XGBoost takes an empty cell for a missing value, too, but not for a column: a last feature that no row has would be lost. */
const MISSING = 'nan';

/** The files of a set, in the order of its rows. `weighted`: with a column of weights, 1 where the set has none. */
export function* jobFiles({ features, labels, weights }: TrainingSet, { weighted, rowsAFile = ROWS_A_FILE }: { weighted: boolean; rowsAFile?: number }): Generator<Uint8Array> {
  for (let from = 0; from < labels.length; from += rowsAFile) {
    const lines: string[] = [];
    for (let row = from; row < Math.min(from + rowsAFile, labels.length); row += 1) {
      const cells = [floatText(labels[row]!), ...(weighted ? [floatText(weights?.[row] ?? 1)] : [])];
      for (const { values } of features) cells.push(Number.isNaN(values[row]!) ? MISSING : floatText(values[row]!));
      lines.push(cells.join(','));
    }
    yield new TextEncoder().encode(`${lines.join('\n')}\n`);
  }
}
