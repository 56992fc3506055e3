// Shops that are not like the sample: too small, too young, all alike, or with nothing but a clickstream. Each predictor learns, or says what it lacks; none keeps half a version.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { runProgram, VERBS } from '../../../lib/cli/index.ts';
import type { TrainingReport } from '../../../lib/local/index.ts';
import { PROJECT } from './home.ts';

// A busy machine takes several times as long.
vi.setConfig({ testTimeout: 240_000 });

const PREDICTORS = ['anomalies', 'churn', 'clv', 'conversion', 'delivery', 'demand', 'price', 'recommendations', 'segments', 'shipping'] as const;
const TABLES = ['silver.events', 'silver.orders_master', 'silver.products_enriched', 'silver.transactions', 'silver.item_history', 'silver.item_xref', 'silver.market_prices', 'silver.geolocation', 'gold.daily_metrics'];
/** What a shop's own orders are in; the others need not be computed where nobody asks for them. */
const SALES = ['silver.orders_master', 'silver.transactions', 'silver.products', 'gold.daily_metrics'];
const DAY = 86_400_000;

type Files = Readonly<Record<string, { columns: readonly string[]; rows: readonly (readonly (string | number)[])[] }>>;
interface Outcome { code: number; report?: TrainingReport; error?: { error: string; message: string; where?: string; todo?: string } }

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A home with these files in it, and what training each predictor came to. */
async function shopOf(files: Files, tables: readonly string[] = TABLES): Promise<{ home: string; run(...argv: string[]): Promise<{ code: number; out: string; err: string }>; train(name: string, ...more: string[]): Promise<Outcome> }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-odd-'));
  folders.push(folder);
  const [home, landing] = [path.join(folder, 'home'), path.join(folder, 'landing')];
  for (const [source, { columns, rows }] of Object.entries(files)) {
    mkdirSync(path.join(landing, source), { recursive: true });
    writeFileSync(path.join(landing, source, `${source}.csv`), [columns, ...rows].map((row) => row.join(',')).join('\n'));
  }
  const run = async (...argv: string[]) => {
    const printed = { out: '', err: '' };
    const terminal = { out: (text: string) => void (printed.out += text), err: (text: string) => void (printed.err += text), interactive: false, colours: false, columns: 80 };
    return { code: await runProgram([...argv, '--home', home], VERBS, { project: PROJECT, version: '9.9.9', terminal, environment: {}, signal: new AbortController().signal }), ...printed };
  };
  if (Object.keys(files).length > 0) expect((await run('ingest', landing)).code).toBe(0);
  const batch = await run('run', 'batch', '--select', tables.map((table) => `+${table}`).join(','));
  expect([batch.code, batch.err]).toEqual([0, '']);
  const train = async (name: string, ...more: string[]): Promise<Outcome> => {
    const { code, out, err } = await run('train', name, '--json', ...more);
    return code === 0 ? { code, report: JSON.parse(out) as TrainingReport } : { code, error: JSON.parse(err === '' ? out : err) as { error: string; message: string } };
  };
  return { home, run, train };
}

const time = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

/** Orders as a marketplace exports them: delivered on the fifth day, of one item at one price. */
function marketplace(orders: readonly { id: string; who: string; at: number; item?: string; price?: number }[], { reviews = 0 }: { reviews?: number } = {}): Files {
  const items = [...new Set(orders.map(({ item = 'p1' }) => item))];
  return {
    customers: { columns: ['customer_id', 'customer_unique_id', 'customer_zip_code_prefix', 'customer_city', 'customer_state'], rows: orders.map(({ id, who }) => [`c-${id}`, who, '01001', 'são paulo', 'SP']) },
    orders: {
      columns: ['order_id', 'customer_id', 'order_status', 'order_purchase_timestamp', 'order_approved_at', 'order_delivered_carrier_date', 'order_delivered_customer_date', 'order_estimated_delivery_date'],
      rows: orders.map(({ id, at }) => [id, `c-${id}`, 'delivered', time(at), time(at + 3_600_000), time(at + DAY), time(at + 5 * DAY), time(at + 9 * DAY).slice(0, 10)]),
    },
    order_items: {
      columns: ['order_id', 'order_item_id', 'product_id', 'seller_id', 'shipping_limit_date', 'price', 'freight_value'],
      rows: orders.map(({ id, at, item = 'p1', price = 10 }) => [id, 1, item, 's1', time(at + 2 * DAY), price.toFixed(2), '5.00']),
    },
    order_payments: { columns: ['order_id', 'payment_sequential', 'payment_type', 'payment_installments', 'payment_value'], rows: orders.map(({ id, price = 10 }) => [id, 1, 'credit_card', 1, (price + 5).toFixed(2)]) },
    products: {
      columns: ['product_id', 'product_category_name', 'product_name_lenght', 'product_description_lenght', 'product_photos_qty', 'product_weight_g', 'product_length_cm', 'product_height_cm', 'product_width_cm'],
      rows: items.map((item) => [item, 'brinquedos', 10, 100, 1, 500, 20, 10, 15]),
    },
    ...(reviews === 0 ? {} : {
      order_reviews: {
        columns: ['review_id', 'order_id', 'review_score', 'review_comment_title', 'review_comment_message', 'review_creation_date', 'review_answer_timestamp'],
        // The customer is asked twice, and takes six weeks to answer again.
        rows: orders.flatMap(({ id, at }, index) => Array.from({ length: index % 3 === 0 ? reviews : 1 }, (_, which) => [`r-${id}-${which}`, id, which === 0 ? 5 : 1, '', '', time(at + (6 + which) * DAY), time(at + (7 + 42 * which) * DAY)])),
      },
    }),
  };
}

const START = Date.parse('2016-02-01T12:00:00Z');

/** No figure that is none, and no champion that the gate did not let through, whatever came of it. */
function expectHonest(home: string, outcomes: ReadonlyMap<string, Outcome>): void {
  for (const [name, outcome] of outcomes) {
    const folder = path.join(home, 'models', name);
    const { error, report } = outcome;
    if (error !== undefined) {
      expect(error, name).toMatchObject({ error: 'bad_input', where: expect.any(String), todo: expect.any(String) });
      expect(outcome.code, name).toBe(3);
      expect(error.message, name).toContain(name);
      expect(existsSync(folder) ? readdirSync(folder) : [], name).toEqual([]);
      continue;
    }
    const { card, gate, promoted } = report!;
    expect(Object.values(card.metrics).every((value) => Number.isFinite(value)), `${name} ${JSON.stringify(card.metrics)}`).toBe(true);
    expect(promoted, name).toBe(gate.passes);
    expect(gate.reasons.length > 0, name).toBe(!gate.passes);
  }
}

async function trainAll(shop: Awaited<ReturnType<typeof shopOf>>, names: readonly string[] = PREDICTORS): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  for (const name of names) {
    const outcome = await shop.train(name);
    outcomes.set(name, outcome);
    if (outcome.report?.promoted === true) expect((await shop.run('predict', name)).code, `predict ${name}`).toBe(0);
  }
  return outcomes;
}

const messages = (outcomes: ReadonlyMap<string, Outcome>): Record<string, string> => Object.fromEntries([...outcomes].flatMap(([name, { error }]) => (error === undefined ? [] : [[name, error.message]])));

describe('training in', () => {
  it('a home without anything says which tables are empty, and what fills them', async () => {
    const shop = await shopOf({});
    const outcomes = await trainAll(shop);
    expectHonest(shop.home, outcomes);
    for (const [name, message] of Object.entries(messages(outcomes))) expect(message, name).toMatch(/nothing to learn from: .* (is|are) empty/);
    expect(Object.keys(messages(outcomes))).toHaveLength(PREDICTORS.length);
    expect(outcomes.get('conversion')!.error!.todo).toBe('Land files of events (millrace ingest), then millrace run batch.');
  });

  it('a shop of three customers and one day says how long its history is', async () => {
    const shop = await shopOf(marketplace([{ id: '1', who: 'Łukasz ♥', at: START }, { id: '2', who: '42', at: START + 3_600_000 }, { id: '3', who: "o'neill 東京", at: START + 7_200_000 }]), SALES);
    const outcomes = await trainAll(shop, ['churn', 'clv', 'segments', 'demand', 'anomalies']);
    expectHonest(shop.home, outcomes);
    expect(messages(outcomes)['segments']).toBe('segments has nothing to learn from as of 2016-02-01: what it reads is of 2016-02-01 to 2016-02-01');
  });

  it('a shop whose customers all come back every month, for the one thing that it sells', async () => {
    const orders = Array.from({ length: 30 * 24 }, (_, at) => ({ id: String(1000 + at), who: String(at % 30), at: START + Math.floor(at / 30) * 30 * DAY + (at % 30) * DAY }));
    const shop = await shopOf(marketplace(orders, { reviews: 2 }));
    const outcomes = await trainAll(shop, ['churn', 'clv', 'segments', 'demand', 'anomalies', 'shipping', 'delivery']);
    expectHonest(shop.home, outcomes);
    expect(messages(outcomes)).toEqual({ churn: 'churn has nothing to tell apart: churned is 0 in all 390 rows to learn from' });
    // What is always the same is foretold as well by the naive answer.
    expect(outcomes.get('delivery')!.report).toMatchObject({ promoted: false, gate: { reasons: ['pinball beside the naive answer is 0, and must be less than 0'] } });
    // Orders with a second review to come look no different from others before.
    expect(outcomes.get('clv')!.report!.card.leaks).toMatchObject({ leaks: [] });

    const asOf = '2017-12-15';
    expect((await shop.train('clv', '--as-of', '2016-01-01')).error).toMatchObject({ error: 'bad_input', message: 'clv knows of nothing before 2016-01-01' });
    expect((await shop.train('clv', '--as-of', '2030-01-01')).error).toMatchObject({ error: 'bad_input', message: 'clv knows of nothing in the days before 2030-01-01' });
    expect(await shop.train('clv', '--as-of', '2018-02-30')).toMatchObject({ code: 2, error: { error: 'usage', message: "'2018-02-30' is no date" } });
    expect((await shop.run('predict', 'segments', '--as-of', 'yesterday')).code).toBe(2);
    const then = await shopOf(marketplace(orders.filter(({ at }) => at < Date.parse(asOf)), { reviews: 2 }), SALES);
    for (const name of ['clv', 'segments']) {
      const [now, before] = [await shop.train(name, '--as-of', asOf), await then.train(name, '--as-of', asOf)];
      expect([name, now.error, before.error]).toEqual([name, undefined, undefined]);
      const model = (home: string, { card }: TrainingReport): string => readFileSync(path.join(home, 'models', name, card.version, 'model.json'), 'utf8');
      expect(model(shop.home, now.report!) === model(then.home, before.report!), `${name} knows nothing of what came after`).toBe(true);
      expect(now.report!.card.metrics).toEqual(before.report!.card.metrics);
    }
  });

  it('a shop to which nobody ever came back', async () => {
    const shop = await shopOf(marketplace(Array.from({ length: 600 }, (_, at) => ({ id: `Ж${at}`, who: `名${at}`, at: START + at * DAY, item: `p${at % 7}` }))), SALES);
    const outcomes = await trainAll(shop, ['churn', 'clv', 'segments']);
    expectHonest(shop.home, outcomes);
    expect(messages(outcomes)['churn']).toMatch(/^churn has nothing to tell apart: churned is 1 in all \d+ rows/);
  });

  it('a shop of invoices without a catalogue foretells what it sells', async () => {
    const lines = Array.from({ length: 200 * 6 }, (_, at) => [String(10_000 + at), `S${at % 6}`, 'thing', 1 + (at % 3), time(START + Math.floor(at / 6) * DAY), '2.50', 17_000 + (at % 9), 'France']);
    const shop = await shopOf({ online_retail: { columns: ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'InvoiceDate', 'UnitPrice', 'CustomerID', 'Country'], rows: lines } });
    const outcomes = await trainAll(shop, ['demand', 'churn']);
    expectHonest(shop.home, outcomes);
    expect(outcomes.get('demand')!.report!.card.rows.test).toBe(6 * 8);
    expect(messages(outcomes)).toMatchObject({ churn: expect.stringMatching(/^churn has nothing to learn from: .* are empty$/) });
  });

  it('a shop of live visitors alone, of three days', async () => {
    const now = Date.parse('2026-03-01T10:00:00Z');
    const shop = await shopOf({
      events: { columns: ['timestamp', 'visitorid', 'event', 'itemid', 'transactionid'], rows: Array.from({ length: 300 }, (_, at) => [now + at * 900_000, 1 + (at % 40), at % 10 === 9 ? 'transaction' : 'view', 1 + (at % 17), at % 10 === 9 ? at : '']) },
    });
    const outcomes = await trainAll(shop, ['conversion', 'recommendations', 'churn']);
    expectHonest(shop.home, outcomes);
    expect(messages(outcomes)).toMatchObject({
      conversion: 'conversion has nothing to learn from as of 2026-03-04: what it reads is of 2026-03-01 to 2026-03-04',
      recommendations: 'recommendations: no row is left to train: the 260 rows whose answer is known are of 2026-03-01 to 2026-03-03',
    });
  });
});
