// Assignment: the same for everyone who asks, spread as declared, and never two experiments of a layer at once.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomes } from '../../contracts/outcomes.ts';
import { assign, bucketOf, checkLayers, experiment, OUTCOMES, ratioMismatch } from '../../lib/experiments/index.ts';

const base = {
  hypothesis: 'Lower is better.',
  variants: { control: {}, lower: { weight: 2, settings: { threshold: 79 } } },
  primary: { name: 'orders', kind: 'proportion', outcome: 'purchase' },
} as const;
const units = Array.from({ length: 20_000 }, (_, index) => `visitor-${index}`);

describe('a unit', () => {
  it('keeps its bucket for ever: figures that other languages can check', () => {
    expect(bucketOf('salt', 'visitor-1')).toBe(0.7929954994224457);
  });

  it('gets the variants in their shares', () => {
    const one = experiment('one', base);
    const counts: Record<string, number> = { control: 0, lower: 0 };
    for (const unit of units) {
      const assignment = assign(one, unit);
      if (assignment.assigned) counts[assignment.variant.name]! += 1;
    }
    expect(counts['control']! + counts['lower']!).toBe(units.length);
    expect(ratioMismatch([counts['control']!, counts['lower']!], [1, 2])).toBeGreaterThan(0.001);
  });

  it('stays in its variant while the ramp rises', () => {
    fc.assert(fc.property(fc.string(), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (unit, one, other) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      const before = assign(experiment('one', { ...base, ramp: low }), unit);
      if (before.assigned) expect(assign(experiment('one', { ...base, ramp: high }), unit)).toEqual(before);
    }));
  });

  it('is in one experiment of a layer at most, and independently in those of another', () => {
    const [left, right] = [experiment('left', { ...base, layer: 'prices', slots: [0, 0.5] }), experiment('right', { ...base, layer: 'prices', slots: [0.5, 1] })];
    const elsewhere = experiment('elsewhere', { ...base, layer: 'shipping' });
    checkLayers([left, right, elsewhere]);
    let [inLeft, treatedToo] = [0, 0];
    for (const unit of units) {
      const assignment = assign(left, unit);
      expect(assignment.assigned).not.toBe(assign(right, unit).assigned);
      if (!assignment.assigned) continue;
      inLeft += 1;
      const second = assign(elsewhere, unit);
      if (second.assigned && second.variant.name === 'lower') treatedToo += 1;
    }
    expect(ratioMismatch([inLeft, units.length - inLeft], [1, 1])).toBeGreaterThan(0.001);
    expect(ratioMismatch([treatedToo, inLeft - treatedToo], [2, 1])).toBeGreaterThan(0.001);
  });

  it('takes part only where it is what the experiment is for', () => {
    const targeted = experiment('one', { ...base, targeting: { device: ['mobile', 'app'] } });
    expect(assign(targeted, 'u1', { device: 'desktop' })).toMatchObject({ assigned: false, reason: 'not_targeted' });
    expect(assign(targeted, 'u1')).toMatchObject({ assigned: false, reason: 'not_targeted' });
    expect(assign(targeted, 'u1', { device: 'app' })).toMatchObject({ assigned: true });
  });
});

describe('a declaration', () => {
  it.each([
    ['a name with blanks', 'Free shipping', base, /name is not one/],
    ['one variant', 'one', { ...base, variants: { control: {} } }, /fewer than two variants/],
    ['a share of nothing', 'one', { ...base, variants: { control: {}, none: { weight: 0 } } }, /'none' needs/],
    ['slots outside of the layer', 'one', { ...base, slots: [0.5, 1.5] as const }, /no part of the layer/],
    ['an alpha in percent', 'one', { ...base, alpha: 5 }, /alpha 5/],
    ['a window that nobody sums', 'one', { ...base, primary: { ...base.primary, windowHours: 5 } }, /within 5 hours/],
    ['a margin in percent', 'one', { ...base, guardrails: { revenue: { kind: 'mean' as const, outcome: 'purchase', margin: 2 } } }, /margin of 2/],
    ['an outcome that nobody can report', 'one', { ...base, primary: { ...base.primary, outcome: 'purchse' } }, /outcome 'purchse'/],
    ['a metric of no known kind', 'one', { ...base, primary: { ...base.primary, kind: 'median' as 'mean' } }, /cannot be a 'median'/],
    ['a guardrail called like the metric', 'one', { ...base, guardrails: { orders: { kind: 'mean' as const, outcome: 'purchase' } } }, /both called 'orders'/],
  ])('is refused with %s', (_, name, declared, message) => {
    expect(() => experiment(name, declared)).toThrow(message);
  });

  it('knows how long an outcome takes, and which ones nobody wants', () => {
    const { primary, guardrails } = experiment('one', { ...base, guardrails: { left: { kind: 'proportion', outcome: 'abandonment' } } });
    expect(primary).toMatchObject({ windowHours: 168, higherIsBetter: true });
    expect(guardrails).toMatchObject([{ windowHours: 24, higherIsBetter: false }]);
    expect(experiment('one', { ...base, primary: { ...base.primary, windowHours: undefined, higherIsBetter: undefined } }).primary).toEqual(primary);
  });

  it('is refused where another experiment has the same slots', () => {
    expect(() => checkLayers([experiment('left', { ...base, layer: 'l', slots: [0, 0.6] }), experiment('right', { ...base, layer: 'l', slots: [0.5, 1] })])).toThrow(/left and right share slots/);
  });

  it('is refused where another one decides the same for the same units: of both, one would get nobody', () => {
    const on = (name: string, subject: string, change: object = {}) => ({ ...experiment(name, { ...base, ...change }), subject });
    expect(() => checkLayers([on('left', 'price'), on('right', 'price')])).toThrow(/left and right both decide on price/);
    checkLayers([on('left', 'price'), on('right', 'shipping')]);
    checkLayers([on('left', 'price', { layer: 'l', slots: [0, 0.5] }), on('right', 'price', { layer: 'l', slots: [0.5, 1] })]);
    checkLayers([on('left', 'price', { targeting: { device: ['app'] } }), on('right', 'price', { targeting: { device: ['desktop', 'mobile'] } })]);
    expect(() => checkLayers([on('left', 'price', { targeting: { device: ['app'] } }), on('right', 'price', { targeting: { country: ['BR'] } })])).toThrow(/both decide on price/);
  });

  it('counts what the API takes', () => expect(outcomes.columns['outcome']!.accepted).toEqual(OUTCOMES));
});
