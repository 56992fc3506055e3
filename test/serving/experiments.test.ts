// Experiments as the API carries them out: exposed is who got what the variant decided, and the log says so with the segment.
import { describe, expect, it } from 'vitest';
import { experiment, type ExperimentDeclaration } from '../../lib/experiments/index.ts';
import type { PredictionRecord, ServingContext } from '../../lib/serving/index.ts';
import { linearModel, testApp } from './support.ts';

const declared = (variants: ExperimentDeclaration['variants'], subject: string, change: Partial<ExperimentDeclaration> = {}): ServingContext['experiments'] =>
  [{ ...experiment('one', { hypothesis: 'h', variants, primary: { name: 'orders', kind: 'proportion', outcome: 'purchase' }, ...change }), subject }];
const models = { control: {}, treated: { settings: { alias: 'challenger' } } };
const row = (unit: number) => ({ visitor_id: `v${unit}`, item_id: 'i1' });
const exposed = (records: readonly PredictionRecord[]) => records.filter(({ experiment: name, fallback }) => name !== null && !fallback);

describe('an experiment on a model', () => {
  it('gives every visitor one variant, whichever way it is asked, and logs what the report is read by', async () => {
    const app = testApp({ experiments: declared(models, 'predict:conversion') });
    for (let unit = 0; unit < 40; unit++) {
      const attributes = { device: 'app', email: 'someone@example.org' };
      await app.send('POST', '/v1/predict/conversion', { rows: [row(unit)], attributes });
      await app.send('POST', '/v1/predict/conversion', { rows: [row(unit), row(unit)] });
    }
    const variants = new Map<string, Set<string | null>>();
    for (const { unit, variant, version } of app.predicted) variants.set(unit!, (variants.get(unit!) ?? new Set()).add(variant).add(version));
    expect(variants.size).toBe(40);
    expect([...variants.values()].map((seen) => [...seen].join(' '))).toEqual(expect.arrayContaining(['control v1', 'treated v2']));
    expect([...variants.values()].every((seen) => seen.size === 2)).toBe(true);
    expect(app.predicted[0]).toMatchObject({ device: 'app' });
    expect(JSON.stringify(app.predicted)).not.toContain('someone@example.org');
  });

  it('exposes nobody while a variant cannot be given: not even those who would get the control', async () => {
    const champion = linearModel();
    const app = testApp({ experiments: declared(models, 'predict:conversion') });
    app.context.models.find = (_predictor, alias) => (alias === 'champion' ? champion : undefined);
    for (let unit = 0; unit < 20; unit++) await app.send('POST', '/v1/predict/conversion', { rows: [row(unit)] });
    expect(exposed(app.predicted)).toEqual([]);
    expect(new Set(app.predicted.map(({ version }) => version))).toEqual(new Set(['v1']));
  });

  it('exposes nobody by a fall-back', async () => {
    const base = testApp();
    const app = testApp({ experiments: declared(models, 'predict:conversion'), features: { ...base.context.features, read: async () => { throw new Error('down'); } } });
    for (let unit = 0; unit < 20; unit++) await app.send('POST', '/v1/predict/conversion', { rows: [row(unit)] });
    expect(app.predicted).toHaveLength(20);
    expect(exposed(app.predicted)).toEqual([]);
  });

  it('is for those whom it targets', async () => {
    const app = testApp({ experiments: declared(models, 'predict:conversion', { targeting: { device: ['app'] } }) });
    for (const attributes of [{ device: 'desktop' }, undefined, { device: 'app' }]) await app.send('POST', '/v1/predict/conversion', { rows: [row(1)], ...(attributes === undefined ? {} : { attributes }) });
    expect(app.predicted.map(({ experiment: name }) => name)).toEqual([null, null, 'one']);
  });
});

it('experiments of one layer never share a visitor, of two layers they do', async () => {
  const [left] = declared({ control: {}, lower: { settings: { threshold: 50 } } }, 'shipping', { layer: 'checkout', slots: [0, 0.5] });
  const [right] = declared(models, 'predict:conversion', { layer: 'checkout', slots: [0.5, 1] });
  const app = testApp({ experiments: [{ ...left!, name: 'left' }, { ...right!, name: 'right' }] });
  for (let unit = 0; unit < 60; unit++) {
    await app.send('POST', '/v1/predict/conversion', { rows: [row(unit)] });
    await app.send('POST', '/v1/shipping/quote', { destination_postcode: '20040', parcels: [{ weight_kg: 1 }], order_value: 60, handed_over_on: '2018-03-01', unit: `v${unit}` });
  }
  const seen = new Map<string, Set<string>>();
  for (const { unit, experiment: name } of exposed(app.predicted)) seen.set(unit!, (seen.get(unit!) ?? new Set()).add(name!));
  expect(seen.size).toBe(60);
  expect([...seen.values()].every((names) => names.size === 1)).toBe(true);
});
