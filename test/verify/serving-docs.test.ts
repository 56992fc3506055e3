// The lines of docs/serving.md, docs/experiments.md and docs/monitoring.md, run as they stand there, while everything runs on the sample shop.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PROJECT } from '../faults/support/cli.ts';
import { pairs, pause, rowsOf, run, trainedHome, until, type Running, type SampleHome } from './support/served-home.ts';

const bash = promisify(execFile);
let sample: SampleHome;
let start: Running;
let [api, key] = ['', ''];
beforeAll(async () => {
  sample = await trainedHome();
  start = run(['start', '--no-traffic', '--port', '0', '--api-port', '0', '--refresh', '5', '--home', sample.root]);
  await until('everything runs', () => /Ctrl-C ends it/.test(start.out()), 300);
  [, api = ''] = /api +(http:\/\/[\d.:]+)/.exec(start.out()) ?? [];
  [, key = ''] = /x-api-key: (mr_[\w-]+)/.exec(start.out()) ?? [];
}, 600_000);
afterAll(async () => {
  await start.stop();
  await sample.remove();
});

/** A block of a page, by the word behind `sh`. */
async function lines(page: string, block: string): Promise<{ stdout: string }> {
  const found = new RegExp(`\`\`\`sh ${block}\n([^]*?)\`\`\``).exec(await readFile(join(PROJECT, 'docs', page), 'utf8'))?.[1];
  if (found === undefined) throw new Error(`docs/${page} has no block ${block}`);
  const npx = `npx() { shift; '${process.execPath}' '${join(PROJECT, 'bin/millrace-cli.mjs')}' "$@"; }`;
  return bash('bash', ['-ec', `${npx}\n${found}`], { cwd: PROJECT, env: { ...process.env, MILLRACE_HOME: sample.root, API: api, KEY: key } });
}

/** What the lines of docs/serving.md print, by block. */
const PRINTED: Readonly<Record<string, RegExp>> = {
  predict: /^\{"predictor":"conversion","output":"probability","predictions":\[\{"prediction_id":"[\w-]+","version":"1".*"score":0\.\d+,"fallback":false,"reason":null\}\]\}$/,
  explain: /"contributions":\{.*"visitor\.views_1h":.*"bias":/,
  price: /"policy":"rule".*"sku":"00b062c62dad9b6ca532218598ecb1b0","price":\d[\d.]*.*"items":\[\{"item_id":/,
  features: /"entity":"visitor","id":\["257597"\].*"views_7d":.*"entity":"interest","id":\["257597","355908"\]/,
  outcome: /^\{"accepted":1,"outcome_ids":\["order-4712"\]\}$/,
  again: /^\{"prediction_id":"[\w-]+","kind":"conversion".*"features":\{"interest\.interaction_score_30d":/,
  mlflow: /^\{"predictions":\[0\.\d+,0\.\d+\]\}\{"predictions":\[0\.\d+\]\}$/,
  keys: /^mr_[\w-]{43}\n[^]*checkout +predict:conversion, price +50 +100000\n[^]*'checkout' is revoked\n$/,
  wrong: /^\{"type":"urn:millrace:problem:invalid-request","title":"Invalid request","status":400,"detail":"the rows are not what conversion takes","errors":\[\{"pointer":"\/rows\/0\/visitorid","detail":"expected a string, an id of 1 to 200 characters .*; got 257597"\}\]\}$/,
  repeat: /^(\{"currency":.*\})\1$/,
};

it.each(Object.entries(PRINTED))('the API: %s', async (block, printed) => {
  expect((await lines('serving.md', block)).stdout).toMatch(printed);
});

it('the API: every block of the page is one of these', async () => {
  const page = await readFile(join(PROJECT, 'docs/serving.md'), 'utf8');
  expect([...page.matchAll(/^```sh (\w+)$/gm)].map(([, block]) => block)).toEqual(['setup', ...Object.keys(PRINTED)]);
});

it('an experiment, from question to answer', async () => {
  expect((await lines('experiments.md', 'declare')).stdout).toMatch(/visitors in each variant find a change[\s\S]*free_79 +shipping +running/);
  await pause(6_000);
  const asked = (await lines('experiments.md', 'ask')).stdout;
  expect(asked).toMatch(/"experiment":"free_79"/);
  expect(asked).toMatch(/"outcome_ids":\["order-4711"\]/);
  await until('the answer is summed up', async () => ((await rowsOf(sample.root, 'SELECT variant FROM gold.experiment_results'))?.length ?? 0) > 0, 180);
  expect((await lines('experiments.md', 'report')).stdout).toMatch(/free_79 · running[\s\S]*takes 100\.0 %[\s\S]*is stopped/);
});

it('drift, skew and performance of what was served', async () => {
  const rows = await pairs(sample.root, 250);
  for (const row of rows) {
    const response = await fetch(`${api}/v1/predict/conversion`, { method: 'POST', headers: { 'x-api-key': key, 'content-type': 'application/json' }, body: JSON.stringify({ rows: [row] }) });
    expect(response.status).toBe(200);
  }
  await until('the answers are in silver', async () => ((await rowsOf(sample.root, "SELECT prediction_id FROM silver.predictions WHERE kind = 'conversion'"))?.length ?? 0) >= rows.length, 180);
  const { stdout } = await lines('monitoring.md', 'monitor');
  // Examples of other pages have asked too.
  const answers = /conversion \d+ · (\d+) answers/.exec(stdout)?.[1];
  expect(Number(answers)).toBeGreaterThanOrEqual(rows.length);
  expect(stdout).toMatch(new RegExp(`drift of[\\s\\S]*score[\\s\\S]*features of ${answers} answers are what the lake says`));
  expect(stdout).toMatch(/psi +status[\s\S]*drifted/);
});
