import { describe, expect, test } from 'vitest';
import { oneHot, predictLinear, seededRandom, trainLinear, trainLogistic, type FeatureColumn } from '../../../lib/learning/index.ts';

const random = seededRandom(4);
const ROWS = 3000;
const column = (name: string, value: () => number): FeatureColumn => ({ name, values: Float32Array.from({ length: ROWS }, value) });
const features = [column('a', () => 100 + 5 * random.normal()), column('b', () => random.normal()), column('c', () => 3)];
const [a, b] = features.map(({ values }) => values) as [Float32Array, Float32Array];

describe('linear regression', () => {
  test('finds the line again, in the features’ own units', () => {
    const labels = Float32Array.from(a, (value, row) => 7 + 2 * value - 3 * b[row]!);
    const model = trainLinear({ features, labels }, { lambda: 1e-6 });
    expect(model.coefficients[0]! / model.deviations[0]!).toBeCloseTo(2, 3);
    expect(model.coefficients[1]! / model.deviations[1]!).toBeCloseTo(-3, 3);
    predictLinear(model, features).forEach((prediction, row) => expect(prediction).toBeCloseTo(labels[row]!, 2));
  });

  test('refuses by name what cannot be', () => {
    expect(() => trainLinear({ features, labels: a }, { lambda: -1 })).toThrow('lambda is -1');
    expect(() => trainLogistic({ features, labels: a.map((value) => Number(value > 100)) }, { lambda: NaN })).toThrow('lambda is NaN');
    expect(() => trainLinear({ features: [{ name: 'x', values: Float32Array.of(1, 2) }, { name: 'y', values: Float32Array.of(2, 4) }], labels: Float32Array.of(1, 2) }, { lambda: 0 })).toThrow('some features say the same');
  });

  test('takes a missing value for the mean', () => {
    const model = trainLinear({ features, labels: a });
    const [answer] = predictLinear(model, [{ name: 'a', values: Float32Array.of(NaN) }, { name: 'b', values: Float32Array.of(0) }, { name: 'c', values: Float32Array.of(3) }]);
    expect(answer).toBeCloseTo(model.means[0]!, 1);
  });

  test('refuses categories, and rows with other features', () => {
    expect(() => trainLinear({ features: [{ name: 'x', kind: 'categorical', values: Float32Array.of(1, 2) }], labels: Float32Array.of(1, 2) })).toThrow('feature x is categorical');
    expect(() => predictLinear(trainLinear({ features, labels: a }), features.slice(1))).toThrow('the rows have the features b, c');
    expect(() => trainLinear({ features: [features[0]!, { ...features[0]!, name: 'again' }], labels: a }, { lambda: 0 })).toThrow('some features say the same');
  });

  test('takes categories as features of 0 and 1', () => {
    expect(oneHot({ name: 'zone', kind: 'categorical', values: Float32Array.of(0, 2, 1, NaN) }).map(({ name, values }) => [name, ...values])).toEqual([['zone=1', 0, 0, 1, 0], ['zone=2', 0, 1, 0, 0]]);
  });
});

describe('logistic regression', () => {
  test('finds the odds that made the labels', () => {
    const labels = Float32Array.from(a, (value, row) => Number(random.uniform() < 1 / (1 + Math.exp(-(0.4 * (value - 100) - b[row]!)))));
    const model = trainLogistic({ features, labels });
    expect(model.coefficients[0]! / model.deviations[0]!).toBeCloseTo(0.4, 1);
    expect(model.coefficients[1]!).toBeCloseTo(-1, 0);
    const answers = predictLinear(model, features);
    expect(answers.reduce((sum, answer) => sum + answer, 0) / ROWS).toBeCloseTo(labels.reduce((sum, label) => sum + label, 0) / ROWS, 3);
  });

  test('stays finite where a feature separates the labels perfectly', () => {
    const model = trainLogistic({ features: [features[1]!], labels: b.map((value) => Number(value > 0)) }, { lambda: 0.01 });
    expect(Number.isFinite(model.coefficients[0])).toBe(true);
    expect(predictLinear(model, [{ name: 'b', values: Float32Array.of(-3, 3) }]).map((answer) => Math.round(answer))).toEqual(Float64Array.of(0, 1));
  });
});
