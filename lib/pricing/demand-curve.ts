// Demand by price: a trained model asked for one price after the other, everything else as it is.
import { MillraceError } from '../base/index.ts';

/** Pieces a week at each of these prices. */
export type DemandCurve = (prices: readonly number[]) => ArrayLike<number>;

export interface CurveModel {
  /** Columns of the model's matrix, in order. */
  inputs: readonly string[];
  /** Row-major, rows × inputs. */
  score(matrix: Float64Array, rows: number): ArrayLike<number>;
}

/** Inputs whose name begins so are a price divided by something that stays: they move with the price that is asked. */
const MOVES_WITH_PRICE = 'price_to_';

/** Whether a model of these inputs can tell one price from another. */
export function answersToPrice(inputs: readonly string[]): boolean {
  return inputs.some((name) => name.startsWith(MOVES_WITH_PRICE));
}

/**
 * @param row the model's inputs for the item, NaN where one is missing
 * @param price what the item was asked for when the inputs were made
 */
export function demandCurve({ inputs, score }: CurveModel, row: ArrayLike<number>, price: number): DemandCurve {
  if (row.length !== inputs.length) throw new MillraceError('internal', `a row of ${row.length} values for ${inputs.length} inputs`);
  const moves = inputs.map((name) => name.startsWith(MOVES_WITH_PRICE));
  return (prices) => {
    const matrix = new Float64Array(prices.length * inputs.length);
    prices.forEach((asked, at) => {
      for (let input = 0; input < inputs.length; input++) matrix[at * inputs.length + input] = moves[input]! ? (row[input]! * asked) / price : row[input]!;
    });
    // Trees of least squares may say a little less than nothing.
    return Float64Array.from(score(matrix, prices.length), (units) => Math.max(0, units));
  };
}
