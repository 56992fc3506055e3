// Own-price elasticity of every item, drawn towards its category where the item alone says little, and its category towards the shop.

/** One item's sales at one price: how often it was seen there, and how many pieces went. */
export interface PricePoint { sku: string; category: string; price: number; views: number; units: number }

export interface Elasticity {
  sku: string;
  category: string;
  /** d log(units per view) / d log(price), after shrinkage. */
  elasticity: number;
  standardError: number;
  /** The item's own, unshrunken; undefined where its sales alone have none: its price never moved, or it sold only at its lowest or highest. */
  own?: number;
  /** 0: all from the category; 1: all from the item. */
  weight: number;
  /** Price points it was made from. */
  points: number;
}

/** What is believed without data: most goods lose a bit more than one percent of demand for one of price. */
const PRIOR: Belief = { mean: -1.5, variance: 1 };
/** No good answers to its price more than so. */
const MOST = 20;

/**
 * Sales at a price are taken as Poisson, views × level × priceᵝ. Given how many pieces an item sold in all, its level is out of the way (Hausman, Hall and Griliches 1984): what remains is at
 * which of its prices they went. So a point without a sale counts for what it says, where the logarithm of a rate would have to be made up.
 *
 * Empirical Bayes in three steps: the shop's mean, the categories' drawn to it, the items' drawn to their category's. How far categories lie apart, and items within them, is
 * told by how much more their scores vary than their information lets expect: E score² = information + information² × variance. Each variance counts one imagined member with the prior's.
 */
export function elasticities(points: readonly PricePoint[]): Elasticity[] {
  const items = grouped(points.filter(usable), ({ sku }) => sku).map(([sku, own]) => ({ sku, category: own[0]!.category, points: own.length, sales: [salesOf(own)] }));
  const categories = grouped(items, ({ category }) => category).map(([, members]) => ({ members, sales: members.flatMap(({ sales }) => sales) }));
  const shop = posterior(categories.flatMap(({ sales }) => sales), PRIOR);
  const amongCategories: Belief = { mean: shop.mean, variance: spread(categories.map(({ sales }) => ({ sales, around: shop.mean }))) };
  const believed = categories.map(({ members, sales }) => ({ members, category: below(posterior(sales, amongCategories), amongCategories.variance, shop) }));
  const amongItems = spread(believed.flatMap(({ members, category }) => members.map(({ sales }) => ({ sales, around: category.mean }))));
  return believed.flatMap(({ members, category }) => members.map(({ sku, category: name, points: count, sales }): Elasticity => {
    const drawn = posterior(sales, { mean: category.mean, variance: amongItems });
    const own = posterior(sales, { mean: category.mean, variance: Number.POSITIVE_INFINITY });
    const { information } = slopeAt(drawn.mean, sales);
    return {
      sku, category: name, elasticity: drawn.mean, weight: information / (information + 1 / amongItems), points: count, standardError: Math.sqrt(below(drawn, amongItems, category).variance),
      ...(Number.isFinite(own.variance) && Math.abs(own.mean) < MOST ? { own: own.mean } : {}),
    };
  })).sort((left, right) => (left.sku < right.sku ? -1 : 1));
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

function usable({ price, views, units }: PricePoint): boolean {
  return price > 0 && views > 0 && units >= 0;
}

interface Belief { mean: number; variance: number }

/** Of what was drawn to a mean that is itself not known for sure, as far as it was drawn. */
function below({ mean, variance }: Belief, spreadAround: number, above: Belief): Belief {
  return { mean, variance: variance + (variance / spreadAround) ** 2 * above.variance };
}

/** At each price: its logarithm less the item's mean, how often the item was seen, how many pieces went; and the pieces in all. */
interface Sales { prices: readonly number[]; views: readonly number[]; pieces: number; sum: number }

function salesOf(points: readonly PricePoint[]): Sales {
  const logs = points.map(({ price }) => Math.log(price));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const prices = logs.map((log) => log - mean);
  return {
    prices, views: points.map(({ views }) => views), pieces: points.reduce((sum, { units }) => sum + units, 0), sum: points.reduce((sum, { units }, index) => sum + units * prices[index]!, 0),
  };
}

/** First and negative second derivative of the log likelihood of the elasticity. */
interface Slope { score: number; information: number }

function slopeAt(elasticity: number, all: readonly Sales[]): Slope {
  let [score, information] = [0, 0];
  for (const { prices, views, pieces, sum } of all) {
    if (pieces === 0 || prices.length < 2) continue;
    let [total, first, second] = [0, 0, 0];
    for (let at = 0; at < prices.length; at++) {
      const x = prices[at]!;
      const expected = views[at]! * Math.exp(elasticity * x);
      total += expected;
      first += expected * x;
      second += expected * x * x;
    }
    score += sum - (pieces * first) / total;
    information += pieces * Math.max(0, second / total - (first / total) ** 2);
  }
  return { score, information };
}

/** Mode and curvature there, by Newton's steps of at most 1: the logarithm is concave. */
function posterior(all: readonly Sales[], { mean, variance }: Belief): Belief {
  let elasticity = mean;
  for (let step = 0; step < 50; step++) {
    const { score, information } = slopeAt(elasticity, all);
    const curvature = information + 1 / variance;
    if (!(curvature > 1e-9)) return { mean: elasticity, variance: Number.POSITIVE_INFINITY };
    const move = Math.max(-1, Math.min(1, (score - (elasticity - mean) / variance) / curvature));
    elasticity = Math.max(-MOST, Math.min(MOST, elasticity + move));
    if (Math.abs(move) < 1e-6) break;
  }
  return { mean: elasticity, variance: 1 / (slopeAt(elasticity, all).information + 1 / variance) };
}

/** How far groups lie apart around what is expected of each. */
function spread(groups: readonly { sales: readonly Sales[]; around: number }[]): number {
  let [excess, weight, members] = [0, 0, 0];
  for (const { sales, around } of groups) {
    const { score, information } = slopeAt(around, sales);
    if (!(information > 1e-9)) continue;
    excess += score * score - information;
    weight += information * information;
    members += 1;
  }
  const estimated = weight > 0 ? Math.max(0, excess / weight) : 0;
  return (estimated * members + PRIOR.variance) / (members + 1);
}
