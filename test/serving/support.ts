// An app over parts that a test can see through: a linear model, features in a map, a log in memory.
import { checkGuardrails, modelPolicy, rulePolicy } from '../../lib/pricing/index.ts';
import { experiment } from '../../lib/experiments/index.ts';
import type { OnlineStore, StoredItem } from '../../lib/features/index.ts';
import { createApp, DEFAULT_LIMITS, newKey, storedIdempotency, Usage, type ApiKey, type OutcomeRecord, type PredictionRecord, type ServedModel, type ServingContext } from '../../lib/serving/index.ts';
import { tableCarrier, ZoneMap } from '../../lib/shipping/index.ts';

export const NOW = Date.parse('2018-10-18T12:00:00Z');

/** Items in memory, with the promises that the port makes. */
export function memoryStore(): OnlineStore {
  const items = new Map<string, StoredItem>();
  let writes = 0;
  return {
    mostChanges: 100,
    get: async (keys) => keys.map((key) => items.get(key)),
    async write(changes) {
      if (changes.some(({ key, expected }) => items.get(key)?.version !== expected)) return { ok: false, conflict: true };
      for (const { key, value, version } of changes) {
        if (value === undefined) items.delete(key);
        else items.set(key, { value, version: version ?? (writes += 1) });
      }
      return { ok: true };
    },
    close: async () => {},
  };
}

export function linearModel(change: Partial<ServedModel> = {}): ServedModel {
  const inputs = [{ name: 'visitor.views_7d', view: 'visitor' }, { name: 'item.views_7d', view: 'item' }, { name: 'discount' }];
  const weights = [0.1, 0.01, 2];
  const margin = (row: Float64Array) => weights.reduce((sum, weight, index) => sum + weight * (Number.isNaN(row[index]!) ? 0 : row[index]!), -1);
  return {
    predictor: 'conversion', version: 'v1', alias: 'champion', question: 'Will this visitor buy this item?', inputs, entities: ['visitor_id', 'item_id'], output: 'probability', fallback: 0.02,
    score: (matrix, rows) => Float64Array.from({ length: rows }, (_, row) => 1 / (1 + Math.exp(-margin(matrix.subarray(row * 3, row * 3 + 3))))),
    contributions: (row) => Float64Array.from([...weights.map((weight, index) => weight * (Number.isNaN(row[index]!) ? 0 : row[index]!)), -1]),
    ...change,
  };
}

export interface TestApp {
  context: ServingContext;
  predicted: PredictionRecord[];
  happened: OutcomeRecord[];
  errors: unknown[];
  /** Sends JSON with the key of everything, unless told otherwise. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<{ status: number; body: never; headers: Headers }>;
  addKey(id: string, rights: Omit<ApiKey, 'id' | 'hash'>): string;
}

export function testApp(change: Partial<ServingContext> = {}): TestApp {
  const keys = new Map<string, ApiKey>();
  const addKey = (id: string, rights: Omit<ApiKey, 'id' | 'hash'>) => {
    const { key, kept } = newKey(id, rights);
    keys.set(kept.hash, kept);
    return key;
  };
  const everything = addKey('everything', { scopes: ['predict', 'price', 'shipping', 'recommendations', 'features', 'outcomes', 'models', 'predictions'] });
  const [predicted, happened, errors]: [PredictionRecord[], OutcomeRecord[], unknown[]] = [[], [], []];
  let next = 0;
  let now = NOW;
  const clock = { now: () => now++ };
  const features: Readonly<Record<string, Record<string, number>>> = { 'visitor/v1': { views_7d: 10 }, 'item/i1': { views_7d: 100 } };
  const models = [linearModel(), linearModel({ alias: 'challenger', version: 'v2', score: (_, rows) => new Float64Array(rows).fill(0.5) })];
  const context: ServingContext = {
    version: '9.9.9', clock, ids: { prediction: () => `p${(next += 1)}` },
    keys: { byHash: (hash) => keys.get(hash) }, usage: new Usage(clock.now), idempotency: storedIdempotency(memoryStore(), clock.now),
    models: {
      find: (predictor, alias) => models.find((model) => model.predictor === predictor && model.alias === alias),
      declares: (predictor) => ['conversion', 'churn'].includes(predictor), declared: () => ['conversion', 'churn'],
      list: () => models.map(({ predictor, alias, version, question, inputs, entities }) => ({ predictor, alias, version, question, inputs: inputs.map(({ name }) => name), entities, metrics: { auc: 0.8 } })),
    },
    features: {
      entityOf: (view) => ({ visitor: ['visitor_id'], item: ['item_id'], interest: ['visitor_id', 'item_id'] })[view],
      views: () => ['visitor', 'item', 'interest'],
      read: async (wanted) => wanted.map(({ view, entities }) => entities.map((ids) => features[`${view}/${ids.join('/')}`] ?? { views_7d: 0 })),
    },
    log: { predicted: (records) => void predicted.push(...(JSON.parse(JSON.stringify(records)) as PredictionRecord[])), happened: async (records) => void happened.push(...records), find: async (id) => predicted.find(({ prediction_id }) => prediction_id === id), waiting: 0 },
    experiments: [
      { ...experiment('half', { hypothesis: 'v2 is better.', variants: { control: {}, treated: { settings: { alias: 'challenger' } } }, primary: { name: 'orders', kind: 'proportion', outcome: 'purchase' }, targeting: { device: ['app'] } }), subject: 'predict:conversion' },
      { ...experiment('free', { hypothesis: 'Free from 50.', variants: { control: {}, lower: { settings: { threshold: 50 } } }, primary: { name: 'orders', kind: 'proportion', outcome: 'purchase' } }), subject: 'shipping' },
    ],
    recommender: { version: 'r1', recommend: ({ visitorId, limit }) => ({ items: [{ item_id: 'i1', score: 0.5 }, { item_id: 'i2', score: 0.4 }].slice(0, limit), source: visitorId === 'v1' ? 'personal' : 'popular' }) },
    prices: {
      version: 'pr1', currency: 'BRL', policy: 'rule', guardrails: checkGuardrails({ marginFloorPercent: 10, dailyChangePercent: 10, endings: [90], blocked: new Map() }),
      policies: { rule: rulePolicy({ targetMarginPercent: 40, undercutPercent: 1, anchorDiscountPercent: 5 }), model: modelPolicy() },
      situationOf: (sku) => (sku === 'p1' ? { sku, category: 'toys', currentPrice: 50, cost: 30, competitorPrice: 45 } : undefined),
    },
    shipping: {
      version: 's1', currency: 'BRL', originPostcode: '01001', prefixOf: (postcode) => postcode.slice(0, 5),
      settings: {
        zones: new ZoneMap([['01', 'capital'], ['2', 'coast']]), latenessOf: () => [],
        carriers: [tableCarrier('post', [{ carrier: 'post', service: 'standard', originZone: 'capital', destinationZone: 'coast', minWeightKg: 0, maxWeightKg: 30, basePrice: 10, pricePerKg: 2, transitDays: 4, validFrom: '2018-01-01' }])],
        freeShipping: { threshold: 99 },
      },
    },
    defaultPredictor: 'conversion', limits: DEFAULT_LIMITS,
    ...change,
  };
  const app = createApp(context, { onError: (error) => void errors.push(error) });
  return {
    context, predicted, happened, errors, addKey,
    async send(method, path, body, headers = {}) {
      const response = await app.request(path, {
        method, headers: { 'x-api-key': everything, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: (response.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : text) as never };
    },
  };
}

