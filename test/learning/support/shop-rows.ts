// Rows of a made-up shop, seeded: numbers, counts, missing values, categories, and an outcome that depends on them.
import { seededRandom, type FeatureColumn, type TrainingSet } from '../../../lib/learning/index.ts';

export interface ShopRows extends TrainingSet {
  /** The chance that the label was drawn with. */
  chances: Float64Array;
}

export function shopRows(rows: number, seed: number): ShopRows {
  const random = seededRandom(seed);
  const column = (name: string, kind: 'numeric' | 'categorical' = 'numeric'): FeatureColumn => ({ name, kind, values: new Float32Array(rows) });
  const features = [column('price'), column('age'), column('visits'), column('discount'), column('device', 'categorical'), column('category', 'categorical'), column('noise')];
  const [price, age, visits, discount, device, category, noise] = features.map(({ values }) => values) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
  const labels = new Float32Array(rows);
  const chances = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    price[row] = random.normal();
    age[row] = random.normal();
    visits[row] = Math.floor(Math.exp(random.normal()));
    discount[row] = random.uniform() < 0.15 ? NaN : random.normal();
    device[row] = random.integer(3);
    category[row] = random.uniform() < 0.05 ? NaN : random.integer(40);
    noise[row] = random.normal();
    const fromDiscount = Number.isNaN(discount[row]) ? 1 : 0.6 * discount[row]!;
    const fromCategory = (Number.isNaN(category[row]) ? 0 : category[row]!) % 7 < 3 ? 1 : -0.5;
    const odds = price[row]! - 0.8 * price[row]! * age[row]! + 0.2 * visits[row]! + fromDiscount + 0.5 * Number(device[row] === 1) + fromCategory - 1;
    chances[row] = 1 / (1 + Math.exp(-odds));
    labels[row] = random.uniform() < chances[row]! ? 1 : 0;
  }
  return { features, labels, chances };
}

/** The first rows of a set. */
export function firstRows({ features, labels }: TrainingSet, count: number): TrainingSet {
  return { features: features.map((feature) => ({ ...feature, values: feature.values.slice(0, count) })), labels: labels.slice(0, count) };
}
