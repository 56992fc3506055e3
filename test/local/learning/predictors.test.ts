// Every kind of predictor on a small sample shop, from the files to a described table in gold; and the predictor of docs/predictors.md, as it stands there.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram, VERBS } from '../../../lib/cli/index.ts';
import { openRuntime, type TrainingReport } from '../../../lib/local/index.ts';
import { generateSample } from '../../../samples/index.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const TABLES = ['silver.events', 'silver.orders_master', 'silver.products', 'silver.transactions', 'gold.daily_metrics'];
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-kinds-'));
const [home, project] = [path.join(folder, 'home'), path.join(folder, 'project')];

async function millrace<Result>(...argv: string[]): Promise<Result> {
  let [out, err] = ['', ''];
  const terminal = { out: (text: string) => void (out += text), err: (text: string) => void (err += text), interactive: false, colours: false, columns: 140 };
  const code = await runProgram([...argv, '--home', home, '--json'], VERBS, { project, version: '9.9.9', terminal, environment: {}, signal: new AbortController().signal });
  if (code !== 0) throw new Error(`millrace ${argv.join(' ')} ended with ${code}: ${err}${out}`);
  return JSON.parse(out) as Result;
}

/** The first block of a language in the docs that holds a text. */
function blockOf(language: string, holding: string): string {
  const docs = readFileSync(path.join(ROOT, 'docs/predictors.md'), 'utf8');
  return [...docs.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, block]) => block!).find((block) => block.includes(holding))!;
}

beforeAll(async () => {
  mkdirSync(project);
  for (const name of ['contracts', 'sql', 'features', 'workflows', 'lib', 'samples', 'node_modules', 'package.json', 'millrace.config.ts']) symlinkSync(path.join(ROOT, name), path.join(project, name));
  cpSync(path.join(ROOT, 'predictors'), path.join(project, 'predictors'), { recursive: true });
  writeFileSync(path.join(project, 'predictors/unhappy.ts'), blockOf('ts', 'predictor('));
  writeFileSync(path.join(project, 'predictors/unhappy.sql'), blockOf('sql', 'unhappy'));
  await generateSample({ profile: 'shop', scale: 0.5, seed: 7, out: path.join(folder, 'files'), defectRate: 0 });
  rmSync(path.join(folder, 'files/truth.json'));
  await millrace('ingest', path.join(folder, 'files'));
  await millrace('run', 'batch', '--select', TABLES.map((table) => `+${table}`).join(','));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ['segments', 'silhouette', 'gold.customer_segments_ml', ['ml_segment', 'segment_name']],
  ['demand', 'rmse', 'gold.demand_forecasts', ['period_start', 'expected', 'low', 'median', 'high']],
  ['recommendations', 'ndcg_at_10', 'gold.recommendations', ['rank', 'score']],
  ['anomalies', 'auc', 'gold.anomalies', ['anomaly_date', 'expected', 'actual', 'score', 'direction']],
  ['unhappy', 'auc', 'gold.unhappy_predictions', ['probability', 'risk', 'predicted']],
] as const)('%s', (name, metric, written, columns) => {
  it('is trained, beats its naive answer, and fills its table', async () => {
    const { card, gate, promoted } = await millrace<TrainingReport>('train', name);
    expect(gate.reasons).toEqual([]);
    expect(promoted).toBe(true);
    expect(card.baseline).toBeTruthy();
    expect(card.metrics[`baseline_${metric}`]).toBeTypeOf('number');
    const { table, rows } = await millrace<{ table: string; rows: number }>('predict', name);
    expect([table, rows > 0]).toEqual([written, true]);
    const runtime = await openRuntime({ home, project });
    try {
      const [namespace = '', table_ = ''] = written.split('.');
      const { fields } = (await runtime.lake.loadTable({ namespace, name: table_ })).schema;
      expect(fields.map((field) => field.name)).toEqual(expect.arrayContaining(['prediction_id', ...columns, 'model_version', 'as_of', 'predicted_at']));
      expect(fields.filter(({ doc }) => doc === undefined)).toEqual([]);
      const { rows: counted } = await (await runtime.engine()).query(`SELECT count(*), count(DISTINCT prediction_id), min(model_version), min(CAST(as_of AS varchar)) FROM ${written}`);
      expect(counted[0]!.map(String)).toEqual([String(rows), String(rows), card.version, card.asOf]);
    } finally {
      await runtime.close();
    }
  }, 60_000);
});
