import { expect, test } from 'vitest';
import { assignClusters, centresOf, seededRandom, trainClusters } from '../../../lib/learning/index.ts';

const random = seededRandom(2);
const truth = Int32Array.from({ length: 600 }, (_, row) => row % 3);
const features = [
  { name: 'orders', values: Float32Array.from(truth, (cluster) => [5, 1, 20][cluster]! + 0.3 * random.normal()) },
  { name: 'spend', values: Float32Array.from(truth, (cluster) => [9000, 100, 400][cluster]! + 30 * random.normal()) },
];

test('clusters are found on features of unlike scale, and numbered by the mean of the one named', () => {
  const { model, assigned } = trainClusters(features, { clusters: 3, orderBy: 'spend', seed: 1 });
  expect([...assigned]).toEqual([...truth].map((cluster) => [2, 0, 1][cluster]));
  expect(centresOf(model).map(([, spend]) => Math.round(spend! / 100))).toEqual([1, 4, 90]);
  expect(assignClusters(model, features)).toEqual(assigned);
});

test('the same seed gives the same clusters', () => {
  const noise = [{ name: 'x', values: Float32Array.from({ length: 300 }, () => random.uniform()) }, { name: 'y', values: Float32Array.from({ length: 300 }, () => random.uniform()) }];
  expect(trainClusters(noise, { clusters: 4, seed: 7 })).toEqual(trainClusters(noise, { clusters: 4, seed: 7 }));
});

test('more clusters than rows are refused', () => {
  expect(() => trainClusters([{ name: 'x', values: Float32Array.of(1, 2) }], { clusters: 3 })).toThrow('2 rows make no 3 clusters');
});

test('an infinite value is refused by the name of its feature', () => {
  expect(() => trainClusters([{ name: 'x', values: Float32Array.of(1, Infinity, 2) }], { clusters: 2 })).toThrow('feature x is infinite');
});
