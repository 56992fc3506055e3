// Curves of demand, drawn towards those of the category and of the shop where an item sells too little to have one of its own.
import type { CurveTable } from './curve-table.ts';
import type { DemandCurve } from './demand-curve.ts';

export interface ItemCurve {
  sku: string;
  category: string;
  usualPrice: number;
  /** Pieces a week. */
  curve: DemandCurve;
}

/** Prices at which curves are compared, relative to the usual one. */
const FACTORS: readonly number[] = Array.from({ length: 101 }, (_, index) => (50 + index) / 100);
const USUAL = 50;
/** So many pieces a year count as much as what the others say. */
const PIECES = 100;
const WEEKS = 52;

/**
 * A model of trees tells the level of an item's demand well, and its answer to the price badly where it sells little: a few leaves decide. So the answer, demand relative to
 * that at the usual price, is a mean of the item's own and its category's, by n / (n + 100) of n pieces expected a year, and the category's one of its own and the
 * shop's by the same rule. The level stays the item's. What never rises with the price does not rise in a mean either.
 */
export function drawnTogether(items: readonly ItemCurve[]): ReadonlyMap<string, CurveTable> {
  const own = items.map(({ usualPrice, curve }) => Float64Array.from(curve(FACTORS.map((factor) => factor * usualPrice))));
  const shop = sumOf(own);
  const shopAnswer = answerOf(shop);
  const categories = new Map<string, Float64Array[]>();
  items.forEach(({ category }, index) => void categories.set(category, [...(categories.get(category) ?? []), own[index]!]));
  const answers = new Map([...categories].map(([category, curves]) => {
    const sum = sumOf(curves);
    return [category, mixed(sum, shopAnswer)] as const;
  }));
  return new Map(items.map(({ sku, category, usualPrice }, index) => {
    const answer = mixed(own[index]!, answers.get(category)!);
    const level = own[index]![USUAL]!;
    return [sku, { usualPrice, units: answer.map((relative) => level * relative) }];
  }));
}

/** Own answer and the others', by how many pieces the own one stands on. */
function mixed(curve: Float64Array, others: Float64Array): Float64Array {
  const pieces = curve[USUAL]! * WEEKS;
  const weight = pieces / (pieces + PIECES);
  const own = answerOf(curve);
  return others.map((other, index) => weight * own[index]! + (1 - weight) * other);
}

/** Relative to the usual price; of what sells nothing: no answer at all. */
function answerOf(curve: Float64Array): Float64Array {
  const level = curve[USUAL]!;
  return level > 0 ? curve.map((units) => units / level) : new Float64Array(curve.length).fill(1);
}

function sumOf(curves: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(FACTORS.length);
  for (const curve of curves) curve.forEach((units, index) => void (sum[index]! += units));
  return sum;
}
