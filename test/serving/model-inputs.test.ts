// The matrix of a request: what the store gives again and again is turned into numbers once, and times go on all the same.
import { describe, expect, it } from 'vitest';
import type { FeatureValues } from '../../lib/features/index.ts';
import { inputPlan, matrixOf } from '../../lib/serving/model-inputs.ts';
import { linearModel } from './support.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-03-02T00:00:00Z');
const entityOf = (): string[] => ['visitor_id'];
const reader = { entityOf, views: () => ['visitor'], read: () => [] };
const seen: FeatureValues = { last_seen_at: '2026-03-01 00:00:00.000000', spend_30d: '12.50', is_new: true, views_7d: null };
const inputs = (...names: string[]): ReturnType<typeof linearModel> => linearModel({ inputs: names.map((name) => ({ name: `visitor.${name}`, view: 'visitor' })), entities: ['visitor_id'] });

describe('the matrix', () => {
  it('has times as days before now, also of values that were read before', () => {
    const plan = inputPlan(reader, inputs('last_seen_at', 'spend_30d', 'is_new', 'views_7d'));
    expect([...matrixOf(plan, [{ visitor_id: 'v' }], [[seen]], NOW)]).toEqual([1, 12.5, 1, Number.NaN]);
    expect([...matrixOf(plan, [{ visitor_id: 'v' }], [[seen]], NOW + 2 * DAY)]).toEqual([3, 12.5, 1, Number.NaN]);
  });

  it('takes of the same values what each model takes, and of the row what it gives itself', () => {
    const [one, other] = [inputPlan(reader, inputs('spend_30d', 'last_seen_at')), inputPlan(reader, inputs('is_new', 'spend_30d'))];
    expect([...matrixOf(one, [{ visitor_id: 'v' }], [[seen]], NOW)]).toEqual([12.5, 1]);
    expect([...matrixOf(other, [{ visitor_id: 'v' }, { visitor_id: 'w', 'visitor.is_new': null }], [[seen, seen]], NOW)]).toEqual([1, 12.5, Number.NaN, 12.5]);
  });

  it('knows nothing of a view that was not read', () => {
    expect([...matrixOf(inputPlan(reader, inputs('spend_30d', 'is_new')), [{ 'visitor.spend_30d': 3, 'visitor.is_new': false }], [undefined], NOW)]).toEqual([3, 0]);
  });
});
