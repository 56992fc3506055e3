// Every predictor on the sample shop beside the best that the shop's own causes allow: probabilities and demand as the generator knows them.
// `npm run bench:causes [-- --home FOLDER]`; without a home it makes one, which takes a minute.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadPredictors, recommendTo, type Met, type RecommenderModel } from '../../lib/learning/index.ts';
import { openRuntime, registryOf, trainInHome, type Runtime } from '../../lib/local/index.ts';
import type { Truth } from '../../samples/index.ts';
import { shopCauses, type ShopCauses } from './shop-causes.ts';

const DAY = 86_400_000;
const root = path.join(import.meta.dirname, '../..');
const { values } = parseArgs({ options: { home: { type: 'string' } } });
const made = values.home === undefined ? mkdtempSync(path.join(tmpdir(), 'bench-causes-')) : undefined;
const home = values.home ?? path.join(made!, 'home');
if (made !== undefined) spawnSync('node', [path.join(root, 'bin/millrace-cli.mjs'), 'start', '--once', '--home', home], { stdio: 'inherit' });

const runtime = await openRuntime({ home, project: root });
try {
  const truth = JSON.parse(await readFile(path.join(home, 'sample-truth.json'), 'utf8')) as Truth;
  const causes = shopCauses(truth.seed, truth.scale);
  const asked = [...(await loadPredictors(path.join(root, 'predictors'))).keys()];
  const cards = new Map<string, Awaited<ReturnType<typeof trainInHome>>['card']>();
  for (const name of ['churn', 'conversion', 'segments', 'demand', 'recommendations', 'anomalies'].filter((one) => asked.includes(one))) cards.set(name, (await trainInHome(runtime, name, { keepChampion: true })).card);
  const metric = (name: string, key: string): number => cards.get(name)?.metrics[key] ?? Number.NaN;
  const { churn, conversion } = truth.oracles;
  line('churn, AUC', metric('churn', 'auc'), metric('churn', 'baseline_auc'), churn?.visible.auc, `the true probability from what leaves traces; knowing everything ${churn?.oracle.auc.toFixed(3)}`);
  line('conversion, AUC', metric('conversion', 'auc'), metric('conversion', 'baseline_auc'), conversion?.auc, 'the true probability of a view, which knows nothing of carts and earlier visits: ours does');
  line('segments, inertia', metric('segments', 'inertia'), metric('segments', 'baseline_inertia'), metric('segments', 'least_inertia'), 'three segments learned from the test rows themselves');
  line('demand, RMSE', metric('demand', 'rmse'), metric('demand', 'baseline_rmse'), await demandOracle(runtime, causes), 'the true share of every product that week, and each week\'s true total');
  const lists = await recommendationOracle(runtime, causes, cards.get('recommendations')!.version);
  line('recommendations, recall@10', metric('recommendations', 'recall_at_10'), metric('recommendations', 'baseline_recall_at_10'), lists, 'what was looked at, and then what people are drawn to that month');
} finally {
  await runtime.close();
  if (made !== undefined) rmSync(made, { recursive: true, force: true });
}

function line(what: string, ours: number, naive: number, best = Number.NaN, about = ''): void {
  process.stdout.write(`${what.padEnd(28)} ours ${ours.toFixed(4)}   naive ${naive.toFixed(4)}   best ${best.toFixed(4)} (${about})\n`);
}

interface Rows { columns: string[]; rows: (string | number | null)[][] }

async function trainingRows({ parameters, engine }: Runtime, name: string, asOf: string): Promise<Rows> {
  const { sql } = (await loadPredictors(path.join(root, 'predictors'))).get(name)!;
  const { columns, rows } = await (await engine()).query(sql, { parameters: await parameters(asOf, sql) });
  return { columns: columns.map((column) => column.name), rows: rows as Rows['rows'] };
}

async function asOfNow(name: string): Promise<string> {
  const registry = registryOf(runtime);
  return (await registry.versions(name)).at(-1)!.asOf;
}

/** RMSE over the last eight whole weeks of who knows each product's chance of being what is sold next, and how many are sold in all. */
async function demandOracle(of: Runtime, { products, shareOf }: ShopCauses): Promise<number> {
  const asOf = await asOfNow('demand');
  const { rows } = await trainingRows(of, 'demand', asOf);
  const until = Date.parse(`${asOf}T00:00:00Z`);
  const weekOf = (time: string): number => Math.round((until - Date.parse(`${time.slice(0, 10)}T00:00:00Z`)) / DAY / 7);
  const sold = new Map(rows.flatMap(([, product, time, units]) => (units === null ? [] : [[`${product} ${weekOf(String(time))}`, Number(units)] as const])));
  let [squares, count] = [0, 0];
  for (let week = 1; week <= 8; week += 1) {
    const shares = shareOf((until - 7 * week * DAY) / DAY, 7);
    const total = products.reduce((sum, product) => sum + (sold.get(`${product} ${week}`) ?? 0), 0);
    for (const [index, product] of products.entries()) {
      squares += ((sold.get(`${product} ${week}`) ?? 0) - total * shares[index]!) ** 2;
      count += 1;
    }
  }
  return Math.sqrt(squares / count);
}

/** Recall of ten over the visits of the last four weeks, of who knows what people are drawn to each month, with the champion's weights for what one looked at. */
async function recommendationOracle(of: Runtime, { products, drawnOn }: ShopCauses, version: string): Promise<number> {
  const { rows } = await trainingRows(of, 'recommendations', await asOfNow('recommendations'));
  const fitted = await registryOf(of).model('recommendations', version);
  if (fitted.kind !== 'recommender') throw new Error('the version is no recommender');
  const { rows: pairs } = await (await of.engine()).query('SELECT source_id, item_id FROM silver.item_xref WHERE source = \'item_properties\'');
  const itemOf = new Map((pairs as [string, string][]).map(([item, product]) => [product, item]));
  const items = products.map((product) => itemOf.get(product) ?? product);
  const numbers = new Map(items.map((item, index) => [item, index]));
  const visits = new Map<string, Map<number, Met[]>>();
  for (const [visitor, item, time, interest] of rows) {
    const at = Date.parse(`${String(time).slice(0, 10)}T00:00:00Z`);
    const days = visits.get(String(visitor)) ?? new Map<number, Met[]>();
    visits.set(String(visitor), days.set(at, [...days.get(at) ?? [], { item: numbers.get(String(item)) ?? 0, weight: Number(interest), at }]));
  }
  const newest = Math.max(...[...visits.values()].flatMap((days) => [...days.keys()]));
  const recalls = [1, 3].map((again) => {
    const found: number[] = [];
    for (const days of visits.values()) {
      const order = [...days.keys()].sort((left, right) => left - right);
      for (const [index, day] of order.entries()) {
        if (index === 0 || day <= newest - 28 * DAY) continue;
        const drawn = drawnOn(day / DAY);
        const most = Math.max(...drawn);
        const model: RecommenderModel = { ...fitted.model, items, popular: drawn.map((value) => value / most), lately: drawn, always: drawn, neighbours: items.map(() => []), weights: { again, beside: 0, taste: 0, popular: 1, lately: 0, always: 0 } };
        const list = recommendTo(model, order.slice(0, index).flatMap((earlier) => days.get(earlier)!), 10).map(({ item }) => item);
        const taken = new Set(days.get(day)!.map(({ item }) => item));
        found.push(list.filter((item) => taken.has(item)).length / taken.size);
      }
    }
    return found.reduce((sum, value) => sum + value, 0) / found.length;
  });
  return Math.max(...recalls);
}
