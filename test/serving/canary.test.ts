// A canary: the challenger answers its share, the same units every time, and whatever it does nobody goes without an answer.
import { describe, expect, it } from 'vitest';
import { CountedCanary, type ServedModel } from '../../lib/serving/index.ts';
import { linearModel, testApp } from './support.ts';

const ask = (visitor: string) => ({ rows: [{ visitor_id: visitor, item_id: 'i1', discount: 0.1 }] });

interface Answer { predictions: { version: string; variant: string | null; score: number; fallback: boolean }[] }

function app(challenger: Partial<ServedModel>, canary = new CountedCanary({ salt: 'conversion/v2/1', share: 0.3, errorShare: 0.01 })) {
  const models = [linearModel(), linearModel({ alias: 'challenger', version: 'v2', ...challenger })];
  const { context } = testApp();
  const one = testApp({ experiments: [], models: { ...context.models, find: (predictor, alias) => models.find((model) => model.predictor === predictor && model.alias === alias) }, canary: () => canary });
  const askFor = async (visitor: string): Promise<Answer['predictions'][number]> => {
    const { status, body } = await one.send('POST', '/v1/predict/conversion', ask(visitor));
    expect(status).toBe(200);
    return (body as Answer).predictions[0]!;
  };
  return { ...one, askFor, canary };
}

describe('a canary', () => {
  it('answers its share, and the same visitors every time', async () => {
    const { askFor, canary } = app({ score: (_, rows) => new Float64Array(rows).fill(0.5) });
    const first = await Promise.all(Array.from({ length: 400 }, (_, visitor) => askFor(`v${visitor}`)));
    const second = await Promise.all(Array.from({ length: 400 }, (_, visitor) => askFor(`v${visitor}`)));
    const ours = first.filter(({ version }) => version === 'v2').length;
    expect(ours / 400).toBeGreaterThan(0.22);
    expect(ours / 400).toBeLessThan(0.38);
    expect(second.map(({ version }) => version)).toEqual(first.map(({ version }) => version));
    expect(first.find(({ version }) => version === 'v2')).toMatchObject({ variant: 'canary', score: 0.5 });
    expect(canary.counts.challenger).toMatchObject({ answers: 2 * ours, errors: 0, fallbacks: 0, requests: 2 * ours });
    expect(canary.counts.champion.answers).toBe(800 - 2 * ours);
  });

  it.each([
    ['throws', { score: () => { throw new Error('no such tree'); } }],
    ['gives no number', { score: (_: Float64Array, rows: number) => new Float64Array(rows).fill(Number.NaN) }],
    ['wants what nobody sends', { inputs: [{ name: 'weather' }] }],
  ] as [string, Partial<ServedModel>][])('that %s is answered for by the champion, and is soon asked no more', async (_, challenger) => {
    const { askFor, canary, errors } = app(challenger);
    const answers = [];
    for (let visitor = 0; visitor < 100; visitor++) answers.push(await askFor(`v${visitor}`));
    expect(answers.every(({ version, fallback, score }) => version === 'v1' && !fallback && Number.isFinite(score))).toBe(true);
    expect(canary.stopped).toBe(true);
    expect(canary.counts.challenger).toMatchObject({ answers: 0, errors: 5 });
    expect(errors).toEqual([]);
  });

  it('leaves a bad request a bad request', async () => {
    const { send, canary } = app({});
    for (let visitor = 0; visitor < 20; visitor++) expect((await send('POST', '/v1/predict/conversion', { rows: [{ visitor_id: `v${visitor}`, colour: 1 }] })).status).toBe(400);
    expect(canary.counts.challenger.errors).toBe(0);
  });

  it('goes on counting where a restart left off', () => {
    const before = new CountedCanary({ salt: 's', share: 1, errorShare: 0.5 });
    before.answered('challenger', 7, 1, 3);
    const after = new CountedCanary({ salt: 's', share: 1, errorShare: 0.5, counts: structuredClone(before.counts) });
    after.answered('challenger', 3, 0, 1);
    expect(after.counts.challenger).toEqual({ answers: 10, errors: 0, fallbacks: 1, requests: 2, milliseconds: 4 });
  });
});
