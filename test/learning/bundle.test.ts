// What only scores stays small: a function that serves models must not carry what trains them.
import { build } from 'esbuild';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test.each([
  ['a model of trees', 'compileTrees, explainer, readXgboost, scoreRow, scoreRows', 26_000, /node_modules|\/trees\/|threads|clusters|smoothing|recommend/],
  ['models of every kind, with their registry,', 'ModelRegistry, readModel, recommendTo, scorerOf', 45_000, /node_modules|\/trees\/|threads|k-means\.ts$(?<!files\/k-means\.ts)|holt-winters|recommend\/recommender|predictor\//],
])('reading and scoring %s takes a few kilobytes, and nothing of training', async (_, names, most, training) => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export { ${names} } from './lib/learning/index.ts';`, resolveDir: join(import.meta.dirname, '../..'), loader: 'ts' },
    bundle: true, minify: true, format: 'esm', platform: 'node', target: 'node20', write: false, metafile: true, logLevel: 'silent',
  });
  const inside = Object.entries(Object.values(metafile.outputs)[0]!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  expect(inside.filter((path) => training.test(path))).toEqual([]);
  expect(outputFiles[0]!.contents.length).toBeLessThan(most);
  expect(outputFiles[0]!.text).not.toContain('worker_threads');
});
