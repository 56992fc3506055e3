// Own-price elasticity of every item, drawn towards its category where the item alone says little.

/** One item's sales at one price: how often it was seen there, and how many pieces went. */
export interface PricePoint { sku: string; category: string; price: number; views: number; units: number }

export interface Elasticity {
  sku: string;
  category: string;
  /** d log(units per view) / d log(price), after shrinkage. */
  elasticity: number;
  standardError: number;
  /** The item's own, unshrunken; undefined where its price never moved. */
  own?: number;
  /** 0: all from the category; 1: all from the item. */
  weight: number;
  /** Price points it was made from. */
  points: number;
}

/** What is believed of a category without data: most goods lose a bit more than one percent of demand for one of price. */
const PRIOR = { mean: -1.5, variance: 1 };

/**
 * Empirical Bayes in two steps. An item's own slope is that of the weighted regression of log((units + ½) / (views + 1)) on log(price), the weight of
 * a point being the inverse variance of a log rate, about `units + ½`. A category's mean and the variance between its items are DerSimonian and Laird's (1986),
 * drawn to the prior by one imagined item; the item's estimate is the precision-weighted mean of both.
 */
export function elasticities(points: readonly PricePoint[]): Elasticity[] {
  const items = grouped(points.filter(usable), ({ sku }) => sku).map(([sku, own]) => ({ sku, category: own[0]!.category, points: own.length, slope: slopeOf(own) }));
  return grouped(items, ({ category }) => category).flatMap(([category, members]) => {
    const { mean, between } = categoryOf(members.flatMap(({ slope }) => slope ?? []));
    return members.map(({ sku, points: count, slope }) => {
      if (slope === undefined) return { sku, category, elasticity: mean, standardError: Math.sqrt(between), weight: 0, points: count };
      const weight = between / (between + slope.variance);
      return {
        sku, category, elasticity: weight * slope.value + (1 - weight) * mean, own: slope.value,
        standardError: Math.sqrt(weight * slope.variance), weight, points: count,
      };
    });
  }).sort((left, right) => (left.sku < right.sku ? -1 : 1));
}

function grouped<Value>(values: readonly Value[], keyOf: (value: Value) => string): [string, Value[]][] {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return [...groups];
}

interface Slope { value: number; variance: number }

function usable({ price, views, units }: PricePoint): boolean {
  return price > 0 && views > 0 && units >= 0;
}

/** undefined where the price never moved. */
function slopeOf(points: readonly PricePoint[]): Slope | undefined {
  const rows = points.map(({ price, views, units }) => ({ x: Math.log(price), y: Math.log((units + 0.5) / (views + 1)), w: units + 0.5 }));
  const total = rows.reduce((sum, { w }) => sum + w, 0);
  const xMean = rows.reduce((sum, { x, w }) => sum + w * x, 0) / total;
  const yMean = rows.reduce((sum, { y, w }) => sum + w * y, 0) / total;
  const spread = rows.reduce((sum, { x, w }) => sum + w * (x - xMean) ** 2, 0);
  if (spread < 1e-9) return undefined;
  return { value: rows.reduce((sum, { x, y, w }) => sum + w * (x - xMean) * (y - yMean), 0) / spread, variance: 1 / spread };
}

function categoryOf(slopes: readonly Slope[]): { mean: number; between: number } {
  const fixed = slopes.map(({ variance }) => 1 / variance);
  const sum = fixed.reduce((total, weight) => total + weight, 0);
  const centre = slopes.reduce((total, { value }, index) => total + fixed[index]! * value, 0) / sum;
  const q = slopes.reduce((total, { value }, index) => total + fixed[index]! * (value - centre) ** 2, 0);
  const denominator = sum - fixed.reduce((total, weight) => total + weight ** 2, 0) / sum;
  const estimated = slopes.length > 1 && denominator > 0 ? Math.max(0, (q - (slopes.length - 1)) / denominator) : PRIOR.variance;
  // One imagined item with the prior's spread keeps a category of a few items from believing that all its items are alike.
  const between = (estimated * slopes.length + PRIOR.variance) / (slopes.length + 1);
  const weights = slopes.map(({ variance }) => 1 / (variance + between));
  const prior = 1 / (PRIOR.variance + between);
  const mean = (slopes.reduce((total, { value }, index) => total + weights[index]! * value, 0) + prior * PRIOR.mean) / (weights.reduce((total, weight) => total + weight, 0) + prior);
  return { mean, between };
}
