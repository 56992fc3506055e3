// Answers of models that are not the champion's own: of a canary, of the champion in its place, and fall-backs of every kind, computed again from what the API of a home logged.
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
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

  it('whose model file was put in the place of another, or is gone, is told with what is not known of it', async () => {
    const version = await registered('conversion', ['visitorid', 'itemid'], ['a'], 0.2);
    await registry.setAlias('conversion', 'champion', version, shop.clock.at);
    const [{ prediction_id: id } = { prediction_id: '' }] = await asked('conversion', visitors.slice(0, 1));
    const file = path.join(shop.runtime.home.root, 'models', 'conversion', version, 'model.json');
    const text = await readFile(file, 'utf8');
    expect(await explainAnswer(answers, id.toUpperCase())).toMatchObject({ card: { version }, bias: expect.closeTo(Math.log(0.25)) as number, notes: [] });
    await writeFile(file, await readFile(file.replace(`/${version}/`, '/2/'), 'utf8'));
    const swapped = await explainAnswer(answers, id);
    expect(swapped).toMatchObject({ card: { version }, notes: [expect.stringMatching(/^what each input contributed is not known: model.json gives 0.4\d* where 0.2\d* was answered/) as string] });
    expect(swapped.bias).toBeUndefined();
    expect(await reproduceAnswer(answers, id)).toMatchObject({ predictionId: id, equal: false, notes: [expect.stringContaining('its model.json is not the one that answered') as string] });
    const folder = path.dirname(file);
    await rename(folder, `${folder}.away`);
    expect(await explainAnswer(answers, id)).toMatchObject({ notes: [`not all is known of the version that answered: the registry has no version ${version} of conversion any more`] });
    await rename(`${folder}.away`, folder);
    await rm(file);
    expect(await explainAnswer(answers, id)).toMatchObject({ card: { version }, notes: [expect.stringContaining('or its model.json is gone') as string] });
    await expect(reproduceAnswer(answers, id)).rejects.toMatchObject({ code: 'not_found', where: file, message: expect.stringContaining(`version ${version} of conversion cannot be read`) as string, todo: expect.stringContaining(`Put models/conversion/${version} back`) as string });
    await writeFile(file, text);
    expect(await reproduceAnswer(answers, id)).toMatchObject({ equal: true });
  }, 60_000);

  it('from features that the project declares no more is the same again by its log, which it says', async () => {
    const names = ['visitor.gone', 'lost.views', 'a'];
    const version = await registered('conversion', ['visitorid', 'itemid'], names, 0.2);
    const [record] = await asked('conversion', visitors.slice(0, 1));
    logged.set('old', { ...record!, prediction_id: 'old', version, features: '{"visitor.gone":1,"lost.views":2,"a":1}', score: 0.2 });
    const note = 'features/ declares visitor.gone, lost.views no more: taken from the log, not read again';
    expect(await reproduceAnswer(answers, 'old')).toMatchObject({ equal: true, notes: [note] });
    expect(await explainAnswer(answers, 'old')).toMatchObject({ notes: [note], features: names.map((name) => ({ name })) });
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
