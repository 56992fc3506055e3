// gold.model_performance beside the same figures computed here, by other means, from the log and what was reported.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { overwriteRows } from '../../../lib/lake/duckdb/index.ts';
import type { TableDefinition } from '../../../lib/lake/index.ts';
import { seededRandom } from '../../../lib/learning/index.ts';
import { openRuntime, type Runtime } from '../../../lib/local/index.ts';
import { rowsAsSelect, type OpsRow } from '../../../lib/quality/index.ts';
import { PROJECT } from './shop.ts';

const DAY_MS = 86_400_000;
const text = (name: string) => ({ name, type: 'string' as const });
const PREDICTIONS: TableDefinition = {
  columns: [...['prediction_id', 'kind', 'version', 'experiment', 'variant', 'unit'].map(text), { name: 'score', type: 'double' }, { name: 'fallback', type: 'boolean' }, { name: 'latency_ms', type: 'double' }, { name: 'predicted_at', type: 'timestamp' }, { name: 'predicted_date', type: 'date' }],
};
const OUTCOMES: TableDefinition = { columns: [...['outcome_id', 'prediction_id', 'unit', 'outcome'].map(text), { name: 'occurred_at', type: 'timestamp' }] };

interface Answer { id: string; kind: string; version: string; variant: string | null; unit: string; score: number; fallback: boolean; latency: number; at: number }
interface Outcome { id: string; answer: string | null; unit: string | null; outcome: string; at: number }

let root: string;
let runtime: Runtime;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'millrace-performance-'));
  runtime = await openRuntime({ home: path.join(root, 'home'), project: PROJECT, create: true });
});
afterAll(async () => {
  await runtime.close();
  await rm(root, { recursive: true, force: true });
});

async function write(name: string, definition: TableDefinition, rows: readonly OpsRow[]): Promise<void> {
  const table = await runtime.lake.findTable({ namespace: 'silver', name }) ?? await runtime.lake.createTable({ namespace: 'silver', name }, definition);
  await (await runtime.database()).use((session) => overwriteRows(session, table, { sql: 'TRUE' }, rowsAsSelect(table, rows), { temporaryFolder: runtime.home.temporary }));
}

it.each([1, 2, 3])('says the same, for shop %d', async (seed) => {
  const random = seededRandom(seed);
  const start = Date.UTC(2026, 0, 1);
  const days = 120;
  const answers = Array.from({ length: 1_500 }, (_, index): Answer => {
    const kind = ['conversion', 'churn'][random.integer(2)]!;
    return {
      id: `p${index}`, kind, version: String(1 + random.integer(2)), variant: [null, 'control', 'treated'][random.integer(3)]!, unit: `u${random.integer(300)}`, score: Math.round(random.uniform() * 20) / 20,
      fallback: random.uniform() < 0.1, latency: Math.round(random.uniform() * 40) / 8, at: start + Math.floor(random.integer(4) * 30 * DAY_MS + random.uniform() * DAY_MS),
    };
  });
  const outcomes = Array.from({ length: 700 }, (_, index): Outcome => {
    const answer = answers[random.integer(answers.length)]!;
    const isNamed = random.uniform() < 0.5;
    // Before, in time, on the edge, late.
    const late = [-1, 3_600_000, 3 * DAY_MS, 7 * DAY_MS, 20 * DAY_MS, 90 * DAY_MS][random.integer(6)]!;
    return { id: `o${index}`, answer: isNamed ? answer.id : null, unit: isNamed ? null : answer.unit, outcome: ['purchase', 'churn', 'cart'][random.integer(3)]!, at: answer.at + late };
  });
  const dayOf = (at: number): number => Math.floor(at / DAY_MS);
  await write('predictions', PREDICTIONS, answers.map(({ id, kind, version, variant, unit, score, fallback, latency, at }) => ({
    prediction_id: id, kind, version, experiment: variant === null ? null : 'e', variant, unit, score, fallback, latency_ms: latency, predicted_at: BigInt(at) * 1000n, predicted_date: dayOf(at),
  })));
  await write('outcomes', OUTCOMES, outcomes.map(({ id, answer, unit, outcome, at }) => ({ outcome_id: id, prediction_id: answer, unit, outcome, occurred_at: BigInt(at) * 1000n })));

  const sql = (await readFile(path.join(PROJECT, 'sql/gold/model_performance.sql'), 'utf8')).replace(/^\/\*[^]*?\*\//, '');
  const until = new Date(start + days * DAY_MS).toISOString().slice(0, 10);
  const { columns, rows } = await (await runtime.engine()).query(sql, { parameters: { as_of: { type: 'date', value: until } } });
  const found = new Map(rows.map((row) => {
    const one = Object.fromEntries(columns.map(({ name }, index) => [name, row[index]]));
    return [[one['kind'], one['version'], one['variant'], String(one['predicted_date']).slice(0, 10)].join(), one] as const;
  }));

  const groups = new Map<string, Answer[]>();
  for (const answer of answers) {
    const key = [answer.kind, answer.version, answer.variant ?? 'none', new Date(answer.at).toISOString().slice(0, 10)].join();
    groups.set(key, [...groups.get(key) ?? [], answer]);
  }
  expect([...found.keys()].sort()).toEqual([...groups.keys()].sort());
  for (const [key, own] of groups) {
    const waits = own[0]!.kind === 'churn' ? 90 : 7;
    const hoped = own[0]!.kind === 'churn' ? 'churn' : 'purchase';
    const judged = own.filter(({ fallback, at }) => !fallback && dayOf(at) < dayOf(start) + days - waits).map((answer) => ({
      ...answer, truth: outcomes.some(({ answer: named, unit, outcome, at }) => outcome === hoped && (named === null ? unit === answer.unit : named === answer.id) && at >= answer.at && at < answer.at + waits * DAY_MS),
    }));
    const [yes, no] = [judged.filter(({ truth }) => truth), judged.filter(({ truth }) => !truth)];
    const mean = (values: readonly number[]): number | null => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);
    const pairs = yes.flatMap((one) => no.map((other) => (one.score > other.score ? 1 : one.score === other.score ? 0.5 : 0)));
    const sorted = judged.toSorted((one, other) => one.score - other.score || (one.id < other.id ? -1 : 1));
    const bins = Array.from({ length: 10 }, (_, bin) => sorted.filter((_answer, rank) => Math.floor((10 * rank) / sorted.length) === bin));
    const calibration = mean(bins.flatMap((members) => members.map(() => Math.abs(mean(members.map(({ score }) => score))! - mean(members.map(({ truth }) => (truth ? 1 : 0)))!))));
    const clamped = (score: number): number => Math.max(1e-15, Math.min(1 - 1e-15, score));
    const expected = {
      predictions: own.length, fallbacks: own.filter(({ fallback }) => fallback).length, matured: judged.length, outcomes: yes.length, mean_score: mean(own.filter(({ fallback }) => !fallback).map(({ score }) => score)),
      mean_latency_ms: mean(own.map(({ latency }) => latency)), max_latency_ms: Math.max(...own.map(({ latency }) => latency)),
      brier_score: mean(judged.map(({ score, truth }) => (score - (truth ? 1 : 0)) ** 2)), log_loss: mean(judged.map(({ score, truth }) => -Math.log(truth ? clamped(score) : 1 - clamped(score)))),
      auc: mean(pairs), calibration_error: calibration,
    };
    for (const [name, value] of Object.entries(expected)) {
      const one = found.get(key)![name];
      if (value === null) expect(one, `${key} ${name}`).toBeNull();
      else expect(Number(one), `${key} ${name}`).toBeCloseTo(value, 9);
    }
  }
}, 60_000);
