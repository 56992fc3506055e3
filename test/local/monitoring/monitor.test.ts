// Whether a model still sees what it was trained on, and whether serving and training agree: planted faults are found, and nothing else is.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { monitorHome, openMonitor, type MonitorReport } from '../../../lib/local/index.ts';
import type { SkewRow } from '../../../lib/quality/index.ts';
import { INPUTS, openShop, type Shop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ minutes: 65 });
}, 120_000);
afterAll(() => shop.dispose());

const versionOf = (report: MonitorReport, version: string) => report.versions.find((one) => one.version === version)!;
const skewOf = (report: MonitorReport, version: string, feature: string): SkewRow => versionOf(report, version).skew.find((row) => row.feature === feature)!;
const query = async (sql: string) => (await (await shop.runtime.engine()).query(sql)).rows;

describe('skew', () => {
  it('is none where the store has every event; a store that is behind is told apart', async () => {
    await shop.log();
    const report = await monitorHome(shop.runtime, { sample: 300 });
    expect(report.window).toEqual({ start: '2026-02-23', end: '2026-03-02' });
    expect(versionOf(report, '1').skew.map(({ status, compared, equal }) => [status, compared === equal])).toEqual(INPUTS.filter((name) => name !== 'discount').map(() => ['equal', true]));
    const behind = versionOf(report, '2').skew;
    expect(behind.some(({ status }) => status === 'lagging')).toBe(true);
    expect(behind.filter(({ status }) => status === 'skewed')).toEqual([]);
  });

  it('is found where one feature is served wrongly, in the answers in which it is', async () => {
    await shop.log((answer, index) => (answer.version === '1' && index % 10 === 0 ? { ...answer, features: { ...answer.features, 'visitor.views_7d': answer.features['visitor.views_7d']! + 3 } } : answer));
    const report = await monitorHome(shop.runtime, { sample: 20_000 });
    const [worst, ...others] = versionOf(report, '1').skew;
    expect(worst).toMatchObject({ feature: 'visitor.views_7d', view: 'visitor', status: 'skewed', largestDifference: 3 });
    expect(worst!.differing / worst!.compared).toBeCloseTo(0.2, 1);
    expect(worst!.explainedByLag).toBeLessThan(worst!.differing / 2);
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 'equal'));
    expect(await query(`SELECT feature, differing, example FROM gold.train_serve_skew WHERE version = '1' AND status = 'skewed'`)).toEqual([['visitor.views_7d', expect.anything(), worst!.example]]);
  });

  it('is none where the request gave another value itself', async () => {
    await shop.log((answer) => (answer.version === '1' ? { ...answer, given: ['visitor.views_7d'], features: { ...answer.features, 'visitor.views_7d': 1_000 } } : answer));
    const report = await monitorHome(shop.runtime, { sample: 100 });
    expect(versionOf(report, '1').skew.map(({ feature, status }) => [feature, status])).toEqual(INPUTS.filter((name) => name !== 'discount' && name !== 'visitor.views_7d').sort().map((name) => [name, 'equal']));
  });

  it('is looked for in the same answers for the same seed', async () => {
    await shop.log();
    const [one, again, other] = [await monitorHome(shop.runtime, { sample: 50, seed: 3 }), await monitorHome(shop.runtime, { sample: 50, seed: 3 }), await monitorHome(shop.runtime, { sample: 50, seed: 4 })];
    expect(again).toEqual(one);
    expect(skewOf(one, '2', 'item.views_7d').compared).toBe(50);
    expect(other.versions[1]!.skew).not.toEqual(one.versions[1]!.skew);
  });
});

describe('skew of late events', () => {
  it('is none where an event is in the store a moment before it is in the lake, and others come late', async () => {
    const late = await openShop({ minutes: 20, deliveryMs: 2_000 });
    try {
      await late.log();
      const report = await monitorHome(late.runtime, { sample: 80 });
      expect(report.versions.flatMap(({ skew }) => skew).filter(({ status }) => status === 'skewed')).toEqual([]);
      await late.log((answer, index) => (index % 5 === 0 ? { ...answer, features: { ...answer.features, 'visitor.views_7d': answer.features['visitor.views_7d']! + 3 } } : answer));
      const planted = await monitorHome(late.runtime, { sample: 80 });
      expect(planted.versions.map(({ skew }) => skew.filter(({ status }) => status === 'skewed').map(({ feature }) => feature))).toEqual([['visitor.views_7d'], ['visitor.views_7d']]);
    } finally {
      await late.dispose();
    }
  }, 60_000);
});

describe('drift', () => {
  it('is none of what was trained on, and found in the feature and the score that moved', async () => {
    await shop.log((answer) => (answer.version === '2' ? { ...answer, features: { ...answer.features, discount: answer.features['discount']! + 0.5, 'item.views_7d': null }, score: answer.score ** 3 } : answer));
    const report = await monitorHome(shop.runtime, { sample: 0 });
    expect(versionOf(report, '1').drift.map(({ status, psi }) => [status, psi < 1e-9])).toEqual([...INPUTS, 'score'].map(() => ['stable', true]));
    const moved = Object.fromEntries(versionOf(report, '2').drift.map((row) => [row.feature, row]));
    expect(moved['discount']!.status).toBe('drifted');
    expect(moved['discount']!.ks).toBeGreaterThan(0.45);
    expect(moved['item.views_7d']).toMatchObject({ status: 'drifted', missingShare: 1, missingShareAtTraining: 0 });
    expect(moved['item.views_7d']).not.toHaveProperty('ks');
    expect(moved['score']).toMatchObject({ status: 'drifted', isScore: true });
    expect(moved['visitor.carts_7d']!.status).toBe('stable');
    expect(await query(`SELECT DISTINCT version FROM gold.model_drift WHERE status = 'drifted'`)).toEqual([['2']]);
  });

  it('of a window that is measured again replaces what was said of it', async () => {
    await shop.log();
    await monitorHome(shop.runtime, { sample: 0 });
    await monitorHome(shop.runtime, { sample: 0, predictor: 'conversion' });
    expect(await query('SELECT version, count(*) FROM gold.model_drift GROUP BY version ORDER BY version')).toEqual([['1', 7n], ['2', 7n]]);
  });

  it('is not told of a handful of answers, nor of a version without a baseline', async () => {
    await shop.log((answer, index) => ({ ...answer, version: index < 20 ? '1' : '7' }));
    const report = await monitorHome(shop.runtime, { sample: 0 });
    expect(new Set(versionOf(report, '1').drift.map(({ status }) => status))).toEqual(new Set(['too_few']));
    expect(versionOf(report, '7').drift).toEqual([]);
  });
});

it('a running home measures when its log has moved on, and not else', async () => {
  await shop.log();
  let [measured, slept] = [0, 0];
  const stop = new AbortController();
  const clock = { now: () => 0, sleep: async () => void ((slept += 1) > 5 && stop.abort()) };
  const service = openMonitor({ lake: shop.runtime.lake, clock }, 1, async () => {
    measured += 1;
    if (measured === 1) await shop.log((answer) => ({ ...answer, score: 0 }));
  });
  await service.run(stop.signal);
  expect(measured).toBe(2);
  expect(service.status()).toMatchObject({ runs: 2 });
});
