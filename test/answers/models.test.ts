// Answers of models that are not the champion's own: of a canary, of the champion in its place, and fall-backs of every kind, computed again from what the API of a home logged.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_CANARY_LIMITS, type FittedModel, type ModelRegistry } from '../../lib/learning/index.ts';
import { answersOfHome, registryOf } from '../../lib/local/index.ts';
import { explainAnswer, reproduceAnswer, type AnswersContext } from '../../lib/answers/index.ts';
import type { PredictionRecord } from '../../lib/serving/index.ts';
import { CARD } from '../learning/registry/stump.ts';
import { askedOf } from './asked.ts';
import { openPricedShop, type PricedShop } from '../local/pricing/shop.ts';

let shop: PricedShop;
let registry: ModelRegistry;
let answers: AnswersContext;
const logged = new Map<string, PredictionRecord>();

beforeAll(async () => {
  shop = await openPricedShop();
  registry = registryOf(shop.runtime);
  const home = answersOfHome(shop.runtime);
  answers = { ...home, log: { ...home.log, find: async (id) => logged.get(id) } };
}, 60_000);
afterAll(() => shop.dispose());

/** A model that says the same of everybody. */
async function registered(predictor: string, entities: readonly string[], features: readonly string[], baseScore: number): Promise<string> {
  const model: FittedModel = { kind: 'trees', model: { objective: 'binary:logistic', baseScore, featureNames: [...features], featureKinds: features.map(() => 'numeric'), trees: [], attributes: {} } };
  return (await registry.register({ ...CARD, predictor, entities, features, baseRate: 0.125 }, model)).version;
}

async function asked(predictor: string, rows: readonly Record<string, unknown>[]): Promise<PredictionRecord[]> {
  const [answer] = await askedOf(shop.runtime, logged, { path: `/v1/predict/${predictor}`, scope: 'predict' }, [{ rows }]) as { predictions: { prediction_id: string }[] }[];
  return answer!.predictions.map(({ prediction_id: id }) => logged.get(id)!);
}

const canaryOf = (version: string) => ({ version, share: 0.5, automatic: false, leastAnswers: 1, leastSeconds: 0, outcomeSeconds: 0, limits: DEFAULT_CANARY_LIMITS, startedAt: shop.clock.at });
const visitors = Array.from({ length: 16 }, (_, visitor) => ({ visitorid: `v${visitor}`, itemid: 'i1', a: 1 }));

describe('an answer', () => {
  it('of a canary is the same again by its version, and it would have the visitor again, also once the canary is over', async () => {
    const [champion, challenger] = [await registered('conversion', ['visitorid', 'itemid'], ['a'], 0.2), await registered('conversion', ['visitorid', 'itemid'], ['a'], 0.4)];
    await registry.setAlias('conversion', 'champion', champion, shop.clock.at);
    shop.clock.at += 60_000;
    await registry.startCanary('conversion', canaryOf(challenger));
    shop.clock.at += 1_000;
    const records = await asked('conversion', visitors);
    shop.clock.at += 1_000;
    await registry.rollback('conversion', shop.clock.at);
    expect(new Set(records.map(({ version }) => version))).toEqual(new Set([champion, challenger]));
    for (const { prediction_id: id, version, variant } of records) {
      const again = await reproduceAnswer(answers, id);
      expect(again).toMatchObject({ equal: true, differences: [], version, fromLog: version === challenger ? expect.closeTo(0.4) as number : expect.closeTo(0.2) as number });
      expect(again.notes).toEqual(variant === 'canary' ? [expect.stringMatching(/^the canary would have v\d+ again: 50 %/)] : []);
      expect((await explainAnswer(answers, id)).card?.version).toBe(version);
    }
  }, 60_000);

  it('of the champion in place of a canary that wants what nobody sends says so', async () => {
    shop.clock.at += 600_000;
    const hungry = await registered('conversion', ['visitorid', 'itemid'], ['weather'], 0.9);
    await registry.startCanary('conversion', canaryOf(hungry));
    shop.clock.at += 1_000;
    const records = (await asked('conversion', visitors)).filter(({ variant }) => variant === 'canary');
    expect(records.length).toBeGreaterThan(2);
    for (const { prediction_id: id, version } of records) {
      const { equal, notes } = await reproduceAnswer(answers, id);
      expect([version, equal, notes[0]]).toEqual(['1', true, `the canary's version ${hungry} could not answer, so version 1 did`]);
    }
    await registry.rollback('conversion', shop.clock.at);
  }, 60_000);

  it('without a model is refused by name, and explained', async () => {
    const [record] = await asked('churn', [{ customer_id: 'c1' }]);
    expect(record).toMatchObject({ version: 'none', fallback: true, reason: 'model_missing' });
    await expect(reproduceAnswer(answers, record!.prediction_id)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('answered by no model') as string });
    expect(await explainAnswer(answers, record!.prediction_id)).toMatchObject({ reason: 'model missing', features: [] });
  }, 60_000);

  it('without features, or of whom nothing is known, is the base rate of its version again; another figure is not', async () => {
    await registry.setAlias('churn', 'champion', await registered('churn', ['visitorid'], ['visitor.views_1h'], 0.7), shop.clock.at);
    const [record] = await asked('churn', [{ visitorid: 'v1' }]);
    expect(record).toMatchObject({ version: '1', fallback: true, reason: 'features_unavailable', score: 0.125 });
    logged.set('blank', { ...record!, prediction_id: 'blank', reason: 'features_missing' });
    logged.set('other', { ...record!, prediction_id: 'other', score: 0.126 });
    for (const [id, reason] of [[record!.prediction_id, 'features unavailable'], ['blank', 'features missing']] as const) {
      expect(await reproduceAnswer(answers, id)).toMatchObject({ equal: true, logged: 0.125, fromLog: 0.125, differences: [], notes: ['a fall-back: the base rate of version 1'] });
      expect(await explainAnswer(answers, id)).toMatchObject({ reason, features: [] });
    }
    expect(await reproduceAnswer(answers, 'other')).toMatchObject({ equal: false, differences: [{ feature: 'score', logged: 0.126, lake: 0.125 }] });
  }, 60_000);
});
