// Prices and shipping on the sample shop, whose causes are known: what the predictors are worth, what a policy earns, how many promises are kept, and that a kill
// leaves every reader of prices a whole list.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram, VERBS } from '../../lib/cli/index.ts';
import { currentExport, exportFolderOf, openRuntime, registryOf, whereListsAre, type Runtime, type TrainingReport } from '../../lib/local/index.ts';
import { registryModels } from '../../lib/serving/index.ts';
import { HomePrices } from '../../lib/local/serving/index.ts';
import { guardedPrice, modelPolicy, type PricePolicy } from '../../lib/pricing/index.ts';
import { addDays, daysOfGrace } from '../../lib/shipping/index.ts';
import { CATEGORIES } from '../../samples/marketplace/categories.ts';
import { generateSample } from '../../samples/index.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const TABLES = ['gold.pricing_features', 'gold.shipping_rate_cards', 'gold.shipping_features', 'silver.orders_master', 'silver.orders', 'silver.geolocation', 'silver.events_enriched', 'silver.sellers', 'gold.price_arms'];
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-prices-'));
const home = path.join(folder, 'home');
let runtime: Runtime;

async function millrace<Result>(...argv: string[]): Promise<Result> {
  let [out, err] = ['', ''];
  const terminal = { out: (text: string) => void (out += text), err: (text: string) => void (err += text), interactive: false, colours: false, columns: 140 };
  const code = await runProgram([...argv, '--home', home, '--json'], VERBS, { project: ROOT, version: '9.9.9', terminal, environment: {}, signal: new AbortController().signal });
  if (code !== 0) throw new Error(`millrace ${argv.join(' ')} ended with ${code}: ${err}${out}`);
  return JSON.parse(out) as Result;
}

const trained: Record<string, TrainingReport> = {};
beforeAll(async () => {
  await generateSample({ profile: 'shop', scale: 1, seed: 7, out: path.join(folder, 'files'), defectRate: 0.005 });
  rmSync(path.join(folder, 'files/truth.json'));
  await millrace('ingest', path.join(folder, 'files'));
  await millrace('run', 'batch', '--select', TABLES.map((table) => `+${table}`).join(','));
  for (const name of ['price', 'shipping', 'delivery', 'clv']) trained[name] = await millrace<TrainingReport>('train', name);
  runtime = await openRuntime({ home, project: ROOT });
}, 600_000);
afterAll(async () => {
  await runtime.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('predictors', () => {
  it.each([['price', 'rmse', 0.95], ['shipping', 'rmse', 0.3], ['delivery', 'pinball', 0.8], ['clv', 'rmse', 0.9]] as const)('%s beats its naive answer on later rows', (name, metric, most) => {
    const { card, gate } = trained[name]!;
    process.stdout.write(`${name}: ${metric} ${card.metrics[metric]!.toFixed(4)}, naive ${card.metrics[`baseline_${metric}`]!.toFixed(4)}\n`);
    expect(gate.reasons).toEqual([]);
    expect(card.metrics[metric]! / card.metrics[`baseline_${metric}`]!).toBeLessThan(most);
  });

  it('delivery keeps about nine promises of ten, of parcels that it has not seen', () => {
    process.stdout.write(`kept: ${trained['delivery']!.card.metrics['below']!.toFixed(3)}\n`);
    expect(trained['delivery']!.card.metrics['below']).toBeGreaterThan(0.87);
    expect(trained['delivery']!.card.metrics['below']).toBeLessThan(0.94);
  });
});

it('history keeps at least the share of promises that is stated, of parcels that came later, whatever the share', async () => {
  const engine = await runtime.engine();
  const parcels = (await engine.query(`SELECT orders.delivery_zone, CAST(orders.carrier_date AS varchar), CAST(date_diff('day', orders.carrier_date, orders.delivered_date) AS double) - usual.days
    FROM silver.orders_master AS orders
    JOIN (SELECT destination_zone, avg(CAST(transit_days AS double)) AS days FROM silver.shipping_rates WHERE service = 'standard' GROUP BY destination_zone) AS usual ON usual.destination_zone = orders.delivery_zone
    WHERE orders.carrier_date IS NOT NULL`)).rows as [string, string, number | null][];
  const newest = parcels.reduce((day, [, one]) => (one > day ? one : day), '');
  const [known, from, until] = [135, 90, 45].map((days) => addDays(newest, -days)) as [string, string, string];
  for (const confidence of [0.5, 0.8, 0.9, 0.95, 0.99]) {
    let [promised, kept] = [0, 0];
    for (const zone of new Set(parcels.map(([one]) => one))) {
      const grace = daysOfGrace(parcels.flatMap(([one, day, late]) => (one === zone && day <= known && late !== null ? [late] : [])).sort((one, other) => one - other), confidence);
      if (grace === undefined) continue; // then the days of grace are added, and no share is stated
      for (const [one, day, late] of parcels) {
        if (one !== zone || day <= from || day > until) continue;
        promised += 1;
        if (late !== null && late <= grace) kept += 1;
      }
    }
    process.stdout.write(`promises by history at ${confidence}: ${(kept / promised).toFixed(3)} of ${promised} kept\n`);
    // Three standard errors of such a share below it.
    expect(kept / promised).toBeGreaterThan(confidence - 3 * Math.sqrt((confidence * (1 - confidence)) / promised));
  }
});

it('the model-based policy earns most of what the shop\'s own causes allow within the guardrails', async () => {
  const models = registryModels(registryOf(runtime), ['price'], () => undefined);
  await models.refresh();
  const prices = new HomePrices(runtime, models);
  await prices.refresh();
  const { guardrails, policies, situations } = prices.current!;
  expect(policies['model']!.version).toBe('price 1');
  const sold = new Map((await (await runtime.engine()).query('SELECT product_id, CAST(count(*) AS double) FROM silver.order_items GROUP BY 1')).rows as [string, number][]);
  const elasticity = new Map(CATEGORIES.map(({ english, name, elasticity: truth }) => [english ?? name, truth]));
  /** What the policy's prices earn, relative to today's, by the demand that the generator follows. */
  const earns = (policy: (profit: (price: number) => number) => PricePolicy): number => {
    let [now, then] = [0, 0];
    for (const situation of situations!()) {
      const { sku, category, currentPrice, usualPrice = currentPrice, cost } = situation;
      if (cost === undefined) continue;
      const profit = (price: number) => (price - cost) * (sold.get(sku) ?? 0) * (price / usualPrice) ** -(elasticity.get(category) ?? 1);
      now += profit(currentPrice);
      then += profit(guardedPrice(policy(profit), situation, { ...guardrails, endings: [] }).price);
    }
    return then / now - 1;
  };
  const best = earns((profit) => ({ name: 'truth', propose: ({ currentPrice }, allowed) => ({ reason: '', price: Array.from({ length: 101 }, (_, step) => allowed(currentPrice * (0.9 + step * 0.002))).reduce((one, other) => (profit(other) > profit(one) ? other : one)) }) }));
  const [byDemand, byElasticity] = [earns(() => policies['model']!), earns(() => modelPolicy())];
  process.stdout.write(`profit: best +${(best * 100).toFixed(1)} %, by trained demand +${(byDemand * 100).toFixed(1)} %, by elasticity +${(byElasticity * 100).toFixed(1)} %\n`);
  expect(byDemand).toBeGreaterThan(0.6 * best);
  expect(byElasticity).toBeGreaterThan(0.6 * best);
}, 120_000);

it('whoever follows current.json or asks the online store reads one whole list, however often the computation is killed', async () => {
  await millrace('prices', 'compute');
  for (let round = 0; round < 8; round++) {
    const child = spawn(process.execPath, [path.join(ROOT, 'bin/millrace-cli.mjs'), 'prices', 'compute', '--policy', round % 2 === 0 ? 'model' : 'rule', '--home', home], { cwd: ROOT, stdio: 'ignore' });
    const ended = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    // Late enough that most kills fall into the computation and the hand-over.
    const timer = setTimeout(() => child.kill('SIGKILL'), 1_500 + round * 700);
    await ended;
    clearTimeout(timer);
    const manifest = (await currentExport(exportFolderOf(runtime)))!;
    for (const { name, bytes, sha256 } of manifest.files) {
      const text = readFileSync(path.join(exportFolderOf(runtime), name));
      expect([text.length, createHash('sha256').update(text).digest('hex')]).toEqual([bytes, sha256]);
    }
    expect((await whereListsAre(runtime)).online).toBeDefined();
  }
  const { list_id: id } = await millrace<{ list_id: string }>('prices', 'export');
  expect(await whereListsAre(runtime)).toEqual({ exported: id, online: id });
}, 240_000);
