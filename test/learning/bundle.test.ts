// What only scores stays small: a function that serves models must not carry what trains them.
import { build } from 'esbuild';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('reading and scoring a model takes a few kilobytes, and nothing of training', async () => {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: "export { compileTrees, explainer, readXgboost, scoreRow, scoreRows } from './lib/learning/index.ts';", resolveDir: join(import.meta.dirname, '../..'), loader: 'ts',
    },
    bundle: true, minify: true, format: 'esm', platform: 'node', target: 'node20', write: false, metafile: true, logLevel: 'silent',
  });
  const inside = Object.entries(Object.values(metafile.outputs)[0]!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  expect(inside.filter((path) => /node_modules|\/trees\/|threads|clusters|smoothing|recommend/.test(path))).toEqual([]);
  expect(outputFiles[0]!.contents.length).toBeLessThan(25_000);
  expect(outputFiles[0]!.text).not.toContain('worker_threads');
});
