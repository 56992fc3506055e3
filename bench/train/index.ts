// Training and scoring of trees beside XGBoost and scikit-learn, on the same rows, the same threads, in the same run, taking turns.
// `npx tsx bench/train/index.ts [--rows 1000000] [--repeat 3] [--threads 2] [--python …/python]`; the Python is that of `test/verify/install.sh xgboost`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  areaUnderCurve, compileTrees, readXgboost, rowMajor, scoreRow, scoreRows, seededRandom, trainBoostedTrees, trainForest, writeXgboostJson, type FeatureColumn, type TrainingSet, type TreeModel,
} from '../../lib/learning/index.ts';
import { xgboostPython } from '../../test/verify/support/engines.ts';

const { values } = parseArgs({ options: {
  rows: { type: 'string', default: '1000000' }, repeat: { type: 'string', default: '3' }, threads: { type: 'string', default: '2' }, python: { type: 'string' }, only: { type: 'string', default: 'boosting,scoring,forest' },
} });
const rows = Number(values.rows);
const repeat = Number(values.repeat);
const threads = Number(values.threads);
const python = values.python ?? xgboostPython();
const WIDTH = 10;
const LATER = 200_000;

/** Numbers of several kinds, one of them often missing, and an outcome that depends on most. */
function draw(count: number, seed: number): TrainingSet {
  const random = seededRandom(seed);
  const features: FeatureColumn[] = Array.from({ length: WIDTH }, (_, index) => ({ name: `f${index}`, values: new Float32Array(count) }));
  const labels = new Float32Array(count);
  for (let row = 0; row < count; row += 1) {
    const x = features.map(({ values }, index) => {
      let value = random.normal();
      if (index === 3) value = Math.floor(Math.exp(value));
      if (index === 4) value = Math.round(value * 10) / 10;
      if (index === 5 && random.uniform() < 0.1) value = NaN;
      values[row] = value;
      return value;
    }) as [number, number, number, number, number, number, number, number, number, number];
    const odds = 1.2 * x[0] - 0.8 * x[1] * x[2] + 0.5 * Math.sin(3 * x[4]) + 0.3 * x[3] + (Number.isNaN(x[5]) ? 1 : 0.6 * x[5]) + 0.4 * x[6] * Number(x[7] > 0) - 2;
    labels[row] = Number(random.uniform() < 1 / (1 + Math.exp(-odds)));
  }
  return { features, labels };
}

const folder = mkdtempSync(join(tmpdir(), 'bench-train-'));
const training = draw(rows, 7);
const later = draw(LATER, 8);
const laterRows = rowMajor(later.features);

function keep(name: string, floats: Float32Array): void {
  writeFileSync(join(folder, name), new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength));
}

function peer(task: string, count: number, trees: number): Record<string, number> & { area: number; answers: Float32Array } {
  const text = execFileSync(python, [join(import.meta.dirname, 'peer.py'), folder, String(count), String(WIDTH), String(trees), String(threads), task], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const answers = new Float32Array(Uint8Array.from(readFileSync(join(folder, 'answers.f32'))).buffer);
  return { ...(JSON.parse(text) as Record<string, number>), area: areaUnderCurve(answers, later.labels), answers } as never;
}

function areaOf(model: TreeModel): number {
  return areaUnderCurve(scoreRows(compileTrees(model), laterRows), later.labels);
}

async function timed<T>(work: () => Promise<T> | T): Promise<{ seconds: number; result: T }> {
  const begun = performance.now();
  const result = await work();
  return { seconds: (performance.now() - begun) / 1000, result };
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const verdict = (met: boolean): string => (met ? 'met' : 'MISSED');

async function boosting(): Promise<TreeModel> {
  const ours: number[] = [];
  const theirs: number[] = [];
  let model: TreeModel | undefined;
  let peerArea = 0;
  for (let turn = 0; turn < repeat; turn += 1) {
    const { seconds, result } = await timed(() => trainBoostedTrees(training, { trees: 100, depth: 6, learningRate: 0.1 }, { threads }));
    ours.push(seconds);
    model = result.model;
    const told = peer('boosting', rows, 100);
    theirs.push(told['seconds']!);
    peerArea = told.area;
    say(`  turn ${turn + 1}: millrace ${seconds.toFixed(2)} s, XGBoost ${told['seconds']!.toFixed(2)} s, of it binning ${told['binning']!.toFixed(2)} s`);
  }
  const ratio = median(ours) / median(theirs);
  const area = areaOf(model!);
  say(`boosting, ${rows} × ${WIDTH}, 100 trees of depth 6, ${threads} threads, binning and start of the threads counted: millrace ${median(ours).toFixed(2)} s, XGBoost hist ${median(theirs).toFixed(2)} s: ${ratio.toFixed(2)} times (target at most 1.5: ${verdict(ratio <= 1.5)})`);
  say(`  AUC ${area.toFixed(5)} and ${peerArea.toFixed(5)} (target within 0.005: ${verdict(Math.abs(area - peerArea) <= 0.005)})`);
  return model!;
}

async function scoring(model: TreeModel): Promise<void> {
  writeFileSync(join(folder, 'model.json'), writeXgboostJson(model));
  const load = await timed(() => compileTrees(readXgboost(readFileSync(join(folder, 'model.json')))));
  const compiled = load.result;
  let best = Infinity;
  for (let turn = 0; turn < 7; turn += 1) best = Math.min(best, (await timed(() => scoreRows(compiled, laterRows))).seconds);
  const one = Array.from({ length: 1000 }, (_, row) => laterRows.slice(row * WIDTH, (row + 1) * WIDTH));
  for (const row of one) scoreRow(compiled, row);
  const single = (await timed(() => one.forEach((row) => scoreRow(compiled, row)))).seconds / one.length;
  const told = execPeerScoring();
  const equal = scoreRows(compiled, laterRows).reduce((count, answer, row) => count + Number(answer === told.answers[row]), 0);
  const ratio = told['seconds']! / best;
  say(`scoring ${LATER} rows, 100 trees, one thread each: millrace ${(LATER / best / 1e6).toFixed(2)} M rows/s, XGBoost inplace_predict ${(LATER / told['seconds']! / 1e6).toFixed(2)} M rows/s: ${ratio.toFixed(2)} times (target at least 1: ${verdict(ratio >= 1)}); equal bits ${equal} of ${LATER}`);
  say(`  one row: millrace ${(single * 1e6).toFixed(1)} µs, XGBoost from Python ${(told['one']! * 1e6).toFixed(1)} µs; model read and compiled in ${(load.seconds * 1000).toFixed(1)} ms (target under 50: ${verdict(load.seconds < 0.05)})`);
}

function execPeerScoring(): Record<string, number> & { answers: Float32Array } {
  const text = execFileSync(python, [join(import.meta.dirname, 'peer.py'), folder, '1', String(WIDTH), '100', '1', 'scoring'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return { ...(JSON.parse(text) as Record<string, number>), answers: new Float32Array(Uint8Array.from(readFileSync(join(folder, 'answers.f32'))).buffer) } as never;
}

async function forest(): Promise<void> {
  const count = Math.min(rows, 100_000);
  const known: TrainingSet = { features: training.features.map((feature) => ({ ...feature, values: feature.values.slice(0, count) })), labels: training.labels.slice(0, count) };
  for (const depth of [5, 0]) {
    const { seconds, result } = await timed(() => trainForest(known, { task: 'classification', trees: 100, depth: depth === 0 ? 24 : depth, minLeafWeight: 5, seed: 1 }, { threads }));
    const told = peer(`forest-${depth}`, count, 100);
    const ratio = seconds / told['seconds']!;
    say(`forest, ${count} × ${WIDTH}, 100 trees of ${depth === 0 ? 'any depth' : `depth ${depth}`}, ${threads} threads: millrace ${seconds.toFixed(2)} s, scikit-learn ${told['seconds']!.toFixed(2)} s: ${ratio.toFixed(2)} times (target under 1: ${verdict(ratio < 1)}); AUC ${areaOf(result).toFixed(5)} and ${told.area.toFixed(5)}`);
  }
}

try {
  keep('rows.f32', rowMajor(training.features));
  keep('labels.f32', training.labels);
  keep('later.f32', laterRows);
  const only = values.only.split(',');
  const model = only.includes('boosting') ? await boosting() : (await trainBoostedTrees(training, { trees: 100, depth: 6, learningRate: 0.1 }, { threads })).model;
  if (only.includes('scoring')) await scoring(model);
  if (only.includes('forest')) await forest();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
