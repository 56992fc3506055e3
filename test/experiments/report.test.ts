// The report: right about what is there, silent about what is not, however often it is read.
import { describe, expect, it, vi } from 'vitest';
import { compare, experiment, ratioMismatch, reportOn, unitsNeeded, type Metric, type Moments, type Observed } from '../../lib/experiments/index.ts';
import { normalQuantile } from '../../lib/base/index.ts';
import { addUnit, gaussian, noUnits, seeded } from './support.ts';

// Simulations of a second at most, on a machine that has nothing else to do.
vi.setConfig({ testTimeout: 180_000 });

const DAYS = 30;

/** Looks daily for a month; gives the days on which the interval left 0 out. */
function dailyLooks(random: () => number, unitsADay: number, draw: (treated: boolean) => { y: number; x?: number }, kind: Metric['kind'] = 'mean', share = 0.5): { alarms: number; control: Moments; treatment: Moments } {
  const [control, treatment] = [noUnits(), noUnits()];
  let alarms = 0;
  for (let day = 0; day < DAYS; day++) {
    for (let unit = 0; unit < unitsADay; unit++) {
      const treated = random() < share;
      const { y, x } = draw(treated);
      addUnit(treated ? treatment : control, y, x);
    }
    const difference = compare(control, treatment, { alpha: 0.05, plannedUnits: DAYS * unitsADay, kind });
    if (difference !== undefined && (difference.interval[0] > 0 || difference.interval[1] < 0)) alarms += 1;
  }
  return { alarms, control, treatment };
}

describe('looking every day', () => {
  it.each<[string, Metric['kind'], (random: () => number) => { y: number; x?: number }]>([
    ['orders, one in ten', 'proportion', (random) => ({ y: random() < 0.1 ? 1 : 0 })],
    ['revenue, mostly none and sometimes much', 'mean', (random) => ({ y: random() < 0.1 ? Math.exp(4 + gaussian(random)) : 0 })],
    ['revenue less what the past foretells', 'mean', (random) => {
      const before = random() < 0.3 ? Math.exp(3 + gaussian(random)) : 0;
      return { x: before, y: 0.7 * before + (random() < 0.2 ? Math.exp(3 + 0.5 * gaussian(random)) : 0) };
    }],
    ['the average order value, of visitors who order none, one or several', 'ratio', (random) => {
      const orders = random() < 0.3 ? 1 + Math.floor(random() * 3) : 0;
      // Who orders often orders dearer: neither orders nor values are independent.
      return { x: orders, y: orders * Math.exp(3 + 0.2 * orders + 0.5 * gaussian(random)) };
    }],
  ])('raises a false alarm no more often than alpha says: %s', (_, kind, draw) => {
    const random = seeded(7);
    const runs = 400;
    let wrong = 0;
    for (let run = 0; run < runs; run++) if (dailyLooks(random, 300, () => draw(random), kind).alarms > 0) wrong += 1;
    expect(wrong / runs).toBeLessThanOrEqual(0.05);
  });

  it.each<[string, (random: () => number) => number]>([
    ['one visitor in two hundred buys', (random) => (random() < 0.005 ? 1 : 0)],
    ['few buy, and some of them for much', (random) => (random() < 0.03 ? Math.exp(4 + gaussian(random)) : 0)],
  ])('raises none more where a tenth of the units gets the treatment, or a tenth the control: %s', (_, draw) => {
    const random = seeded(41);
    for (const share of [0.1, 0.9]) {
      let wrong = 0;
      for (let run = 0; run < 200; run++) if (dailyLooks(random, 300, () => ({ y: draw(random) }), 'mean', share).alarms > 0) wrong += 1;
      expect(wrong / 200).toBeLessThanOrEqual(0.05);
    }
  });

  it.each([5, 20])('raises none more where the treatment sells %i times more rarely and dearer, whatever its share', (times) => {
    const random = seeded(53);
    const size = () => 20 * Math.exp(0.7 * gaussian(random));
    for (const share of [0.5, 0.1, 0.9]) {
      let wrong = 0;
      for (let run = 0; run < 150; run++) {
        if (dailyLooks(random, 300, (treated) => ({ y: treated ? (random() < 0.05 / times ? times * size() : 0) : random() < 0.05 ? size() : 0 }), 'mean', share).alarms > 0) wrong += 1;
      }
      expect([share, wrong / 150]).toEqual([share, expect.toSatisfy((rate: number) => rate <= 0.05)]);
    }
  });

  it('still sees that a treatment sells nothing at all, or far less', () => {
    const random = seeded(59);
    for (const left of [0, 0.4]) {
      let found = 0;
      for (let run = 0; run < 20; run++) {
        const { control, treatment } = dailyLooks(random, 600, (treated) => ({ y: random() < (treated ? left : 1) * 0.05 ? Math.exp(3 + 0.7 * gaussian(random)) : 0 }));
        if (compare(control, treatment, { alpha: 0.05, plannedUnits: DAYS * 600 })!.interval[1] < 0) found += 1;
      }
      expect(found).toBe(20);
    }
  });

  it('says nothing of a mean that stands on a few purchases, and says so', () => {
    const revenue = experiment('one', { hypothesis: 'h', variants: { control: {}, dearer: {} }, primary: { name: 'revenue', kind: 'mean', outcome: 'purchase' } });
    const of = (variant: string, purchases: number, size: number): Observed => ({ variant, metric: 'revenue', units: 1_000, y: purchases * size, yy: purchases * size * size, x: 0, xx: 0, xy: 0 });
    const told = (...observed: Observed[]) => reportOn(revenue, observed, { plannedUnits: 2_000, assigned: { control: 1_000, dearer: 1_000 } });
    expect(told(of('control', 60, 20), of('dearer', 3, 100))).toMatchObject({ verdict: { dearer: 'undecided' }, notes: [expect.stringContaining('fewer than 10 occasions') as string] });
    expect(told(of('control', 60, 20), of('dearer', 12, 100)).comparisons[0]!.difference).toBeDefined();
    expect(told(of('control', 300, 20), of('dearer', 0, 0)).verdict).toEqual({ dearer: 'worse' });
    // Of what was given back nobody can tell on how much it stands.
    expect(told(of('control', 60, 20), of('dearer', 3, -100)).comparisons[0]!.difference).toBeDefined();
  });

  it('finds an uplift of revenue of the planned size as often as planned', () => {
    // Orders of 20·e^(0.7 z) by one visitor in twenty: what a visitor brings has this mean and standard deviation.
    const mean = 0.05 * 20 * Math.exp(0.245);
    const deviation = Math.sqrt(0.05 * 400 * Math.exp(0.98) - mean ** 2);
    const { unitsWithDailyLooks } = unitsNeeded({ kind: 'mean', baseline: mean, standardDeviation: deviation, uplift: 0.4 });
    const random = seeded(61);
    let found = 0;
    for (let run = 0; run < 60; run++) {
      if (dailyLooks(random, Math.ceil((2 * unitsWithDailyLooks) / DAYS), (treated) => ({ y: random() < (treated ? 0.07 : 0.05) ? 20 * Math.exp(0.7 * gaussian(random)) : 0 })).alarms > 0) found += 1;
    }
    expect(found / 60).toBeGreaterThan(0.7);
  });

  it('says how much relative to the control without saying more than is known: rare purchases, small numbers', () => {
    const random = seeded(43);
    let [wrong, wrongOnNull, runs, open] = [0, 0, 200, 0];
    for (let run = 0; run < runs; run++) {
      const [control, treatment, same] = [noUnits(), noUnits(), noUnits()];
      let [missed, alarm] = [false, false];
      for (let day = 0; day < DAYS; day++) {
        for (let unit = 0; unit < 100; unit++) {
          addUnit(control, random() < 0.01 ? 1 : 0);
          addUnit(treatment, random() < 0.013 ? 1 : 0);
          addUnit(same, random() < 0.01 ? 1 : 0);
        }
        const options = { alpha: 0.05, plannedUnits: DAYS * 200 };
        const [better, none] = [compare(control, treatment, options), compare(control, same, options)];
        if (better !== undefined) missed ||= better.relativeInterval[0] > 0.3 || better.relativeInterval[1] < 0.3;
        if (none === undefined) continue;
        const [low, high] = none.relativeInterval;
        alarm ||= low > 0 || high < 0;
        if (!Number.isFinite(high)) open += 1;
        else expect(low > 0 || high < 0).toBe(none.interval[0] > 0 || none.interval[1] < 0);
      }
      if (missed) wrong += 1;
      if (alarm) wrongOnNull += 1;
    }
    expect([wrong / runs, wrongOnNull / runs].every((share) => share <= 0.05)).toBe(true);
    expect(open).toBeGreaterThan(0);
  });

  it('breaks no guardrail whose metric is just as much worse as its margin allows', () => {
    const random = seeded(47);
    const guarded = experiment('one', { hypothesis: 'h', variants: { control: {}, lower: {} }, primary: { name: 'views', kind: 'proportion', outcome: 'view' }, guardrails: { orders: { kind: 'proportion', outcome: 'purchase', margin: 0.2 } } });
    let broken = 0;
    for (let run = 0; run < 200; run++) {
      const [control, treatment] = [noUnits(), noUnits()];
      let alarm = false;
      for (let day = 0; day < DAYS; day++) {
        for (let unit = 0; unit < 60; unit++) {
          addUnit(control, random() < 0.02 ? 1 : 0);
          addUnit(treatment, random() < 0.016 ? 1 : 0);
        }
        const report = reportOn(guarded, [{ ...control, variant: 'control', metric: 'orders' }, { ...treatment, variant: 'lower', metric: 'orders' }], { plannedUnits: DAYS * 120, assigned: { control: control.units, lower: treatment.units } });
        alarm ||= report.verdict['lower'] === 'harmful';
      }
      if (alarm) broken += 1;
    }
    expect(broken / 200).toBeLessThanOrEqual(0.05);
  });

  it('raises none more where outcomes come late, so that every unit counts before its window is over', () => {
    const random = seeded(23);
    const runs = 300;
    let wrong = 0;
    for (let run = 0; run < runs; run++) {
      const units: { treated: boolean; day: number; orders: { day: number; value: number }[] }[] = [];
      let alarm = false;
      for (let day = 0; day < DAYS; day++) {
        for (let unit = 0; unit < 100; unit++) {
          const orders = Array.from({ length: Math.floor(random() * 3) }, () => ({ day: day + Math.floor(-3 * Math.log(1 - random())), value: Math.exp(3 + gaussian(random)) })).filter((order) => order.day < day + 7);
          units.push({ treated: random() < 0.5, day, orders });
        }
        const [control, treatment] = [noUnits(), noUnits()];
        for (const { treated, orders } of units) addUnit(treated ? treatment : control, orders.reduce((sum, order) => sum + (order.day <= day ? order.value : 0), 0));
        const difference = compare(control, treatment, { alpha: 0.05, plannedUnits: DAYS * 100 });
        alarm ||= difference !== undefined && (difference.interval[0] > 0 || difference.interval[1] < 0);
      }
      if (alarm) wrong += 1;
    }
    expect(wrong / runs).toBeLessThanOrEqual(0.05);
  });

  it('would do so far more often with a test made for one look', () => {
    const random = seeded(11);
    let wrong = 0;
    for (let run = 0; run < 200; run++) {
      const [control, treatment] = [noUnits(), noUnits()];
      let alarm = false;
      for (let day = 0; day < DAYS; day++) {
        for (let unit = 0; unit < 300; unit++) addUnit(random() < 0.5 ? treatment : control, random() < 0.1 ? 1 : 0);
        const [p, q] = [control.y / control.units, treatment.y / treatment.units];
        alarm ||= Math.abs(q - p) > normalQuantile(0.975) * Math.sqrt((p * (1 - p)) / control.units + (q * (1 - q)) / treatment.units);
      }
      if (alarm) wrong += 1;
    }
    expect(wrong / 200).toBeGreaterThan(0.15);
  });

  it('finds an uplift of the planned size as often as planned', () => {
    const { unitsWithDailyLooks } = unitsNeeded({ kind: 'proportion', baseline: 0.1, uplift: 0.2 });
    const random = seeded(3);
    let found = 0;
    for (let run = 0; run < 60; run++) {
      const looks = dailyLooks(random, Math.ceil((2 * unitsWithDailyLooks) / DAYS), (treated) => ({ y: random() < (treated ? 0.12 : 0.1) ? 1 : 0 }));
      if (looks.alarms > 0) found += 1;
    }
    expect(found / 60).toBeGreaterThan(0.7);
  });
});

describe('what was there before', () => {
  it('is taken out: half the noise is gone, and the difference stays what it is', () => {
    const random = seeded(5);
    const [control, treatment] = [noUnits(), noUnits()];
    for (let unit = 0; unit < 20_000; unit++) {
      const before = gaussian(random);
      const treated = random() < 0.5;
      addUnit(treated ? treatment : control, 10 + 2 * before + 2 * gaussian(random) + (treated ? 0.3 : 0), before);
    }
    const difference = compare(control, treatment, { alpha: 0.05, plannedUnits: 20_000 })!;
    expect(difference.varianceRemoved).toBeCloseTo(0.5, 1);
    expect(difference.interval[0]).toBeLessThan(0.3);
    expect(difference.interval[1]).toBeGreaterThan(0.3);
    expect(difference.relative).toBeCloseTo(difference.absolute / 10, 2);
    expect(difference.pValue).toBeLessThan(0.001);
  });
});

describe('a ratio', () => {
  it('is of all units together, with the error that the delta method gives', () => {
    const random = seeded(31);
    const errors: number[] = [];
    let width = 0;
    for (let run = 0; run < 300; run++) {
      const [control, treatment] = [noUnits(), noUnits()];
      for (let unit = 0; unit < 2_000; unit++) {
        const orders = 1 + Math.floor(random() * 4);
        addUnit(unit % 2 === 0 ? control : treatment, orders * (20 + 5 * orders + 5 * gaussian(random)), orders);
      }
      const difference = compare(control, treatment, { alpha: 0.05, plannedUnits: 2_000, kind: 'ratio' })!;
      errors.push(difference.absolute);
      width = (difference.interval[1] - difference.interval[0]) / 2;
    }
    const spread = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
    // The sequence is about 2.9 standard errors wide at the planned size.
    expect(width / spread).toBeGreaterThan(2.6);
    expect(width / spread).toBeLessThan(3.6);
  });

  it('finds a higher order value, and says nothing where hardly anybody ordered', () => {
    const random = seeded(37);
    const [control, treatment] = [noUnits(), noUnits()];
    for (let unit = 0; unit < 20_000; unit++) {
      const [treated, orders] = [random() < 0.5, random() < 0.3 ? 1 : 0];
      addUnit(treated ? treatment : control, orders * (treated ? 44 : 40) * Math.exp(0.3 * gaussian(random)), orders);
    }
    const difference = compare(control, treatment, { alpha: 0.05, plannedUnits: 20_000, kind: 'ratio' })!;
    expect(difference.relative).toBeCloseTo(0.1, 1);
    expect(difference.interval[0]).toBeGreaterThan(0);
    expect(compare({ ...control, x: 20 }, treatment, { alpha: 0.05, plannedUnits: 20_000, kind: 'ratio' })).toBeUndefined();
  });
});

describe('a ratio as the metric', () => {
  const values = experiment('one', { hypothesis: 'h', variants: { control: {}, dearer: {} }, primary: { name: 'order_value', kind: 'ratio', outcome: 'purchase' } });

  it('is planned in occasions: its interval is narrowest once so many have come, however many visitors that took', () => {
    const random = seeded(67);
    const [control, treatment] = [noUnits(), noUnits()];
    // One visitor in thirty orders.
    for (let unit = 0; unit < 60_000; unit++) {
      const orders = random() < 1 / 30 ? 1 : 0;
      addUnit(unit % 2 === 0 ? control : treatment, orders === 0 ? 0 : 40 + 20 * gaussian(random), orders);
    }
    const width = (plannedUnits: number): number => {
      const [primary] = reportOn(values, [{ ...control, variant: 'control', metric: 'order_value' }, { ...treatment, variant: 'dearer', metric: 'order_value' }], {
        plannedUnits, assigned: { control: control.units, dearer: treatment.units },
      }).comparisons;
      const [low, high] = primary!.difference!.interval;
      return high - low;
    };
    const occasions = control.x + treatment.x;
    for (const other of [occasions / 4, occasions * 4, 60_000]) expect(width(occasions)).toBeLessThan(width(other));
  });

  it('says how many occasions it takes before anything is said', () => {
    const few = (variant: string): Observed => ({ variant, metric: 'order_value', units: 5_000, y: 1_600, yy: 70_000, x: 40, xx: 40, xy: 1_600 });
    expect(reportOn(values, [few('control'), few('dearer')], { plannedUnits: 2_000, assigned: { control: 5_000, dearer: 5_000 } }).notes).toEqual([expect.stringContaining('a ratio with fewer than 100 occasions')]);
  });
});

describe('units that are missing', () => {
  it('are told when every twentieth exposure of a variant is lost, and not otherwise', () => {
    expect(ratioMismatch([50_000, 47_500], [1, 1])).toBeLessThan(0.001);
    expect(ratioMismatch([50_000, 49_800], [1, 1])).toBeGreaterThan(0.05);
    expect(ratioMismatch([0, 0], [1, 1])).toBe(1);
  });

  it.each([
    ['50.5 : 49.5, twenty thousand units a day', [10_100, 9_900]],
    ['of a hundred units of a variant one is lost, eighty thousand a day', [40_000, 39_600]],
  ])('are told within a month, looked at daily: %s', (_, means) => {
    const random = seeded(17);
    const runs = 100;
    let found = 0;
    for (let run = 0; run < runs; run++) {
      const counts = [0, 0];
      let alarm = false;
      for (let day = 0; day < DAYS; day++) {
        // Counts as the normal distribution gives them.
        for (const [variant, mean] of means.entries()) counts[variant]! += Math.round(mean + Math.sqrt(mean / 2) * gaussian(random));
        alarm ||= ratioMismatch(counts, [1, 1]) < 0.001;
      }
      if (alarm) found += 1;
    }
    expect(found / runs).toBeGreaterThan(0.95);
  });

  it('raise no false alarm, looked at daily', () => {
    const random = seeded(13);
    let wrong = 0;
    for (let run = 0; run < 300; run++) {
      const counts = [0, 0];
      let alarm = false;
      for (let day = 0; day < DAYS; day++) {
        for (let unit = 0; unit < 500; unit++) counts[random() < 0.5 ? 0 : 1]! += 1;
        alarm ||= ratioMismatch(counts, [1, 1]) < 0.01;
      }
      if (alarm) wrong += 1;
    }
    expect(wrong / 300).toBeLessThanOrEqual(0.01);
  });
});

describe('a report', () => {
  const shipping = experiment('free_shipping', {
    hypothesis: 'Free shipping from 79 brings more orders.',
    variants: { control: {}, lower: {} },
    primary: { name: 'orders', kind: 'proportion', outcome: 'purchase' },
    guardrails: { margin: { kind: 'mean', outcome: 'purchase', margin: 0.05 } },
  });
  const proportion = (variant: string, metric: string, units: number, y: number, segment?: string): Observed => ({ variant, metric, units, y, yy: y, x: 0, xx: 0, xy: 0, ...(segment === undefined ? {} : { segment }) });
  const mean = (variant: string, units: number, average: number): Observed => ({ variant, metric: 'margin', units, y: units * average, yy: units * (average ** 2 + 1), x: 0, xx: 0, xy: 0 });
  const options = { plannedUnits: 20_000, assigned: { control: 10_000, lower: 10_000 } };
  const good = [proportion('control', 'orders', 10_000, 1_000), proportion('lower', 'orders', 10_000, 1_300)];

  it('says that a treatment is better', () => {
    const report = reportOn(shipping, [...good, mean('control', 10_000, 8), mean('lower', 10_000, 8)], options);
    expect(report).toMatchObject({ verdict: { lower: 'better' }, mismatch: { found: false }, notes: [] });
  });

  it('lets a broken guardrail weigh more', () => {
    expect(reportOn(shipping, [...good, mean('control', 10_000, 8), mean('lower', 10_000, 7)], options).verdict).toEqual({ lower: 'harmful' });
  });

  it('decides nothing while units are missing, or too few', () => {
    expect(reportOn(shipping, good, { ...options, assigned: { control: 10_000, lower: 9_000 } })).toMatchObject({ verdict: { lower: 'invalid' }, notes: expect.arrayContaining([expect.stringContaining('do not have the units')]) as string[] });
    const few = reportOn(shipping, [proportion('control', 'orders', 50, 5), proportion('lower', 'orders', 50, 20)], { ...options, assigned: { control: 50, lower: 50 } });
    expect(few).toMatchObject({ verdict: { lower: 'undecided' }, notes: [expect.stringContaining('fewer than 100 units')] });
  });

  it('sees that everybody buys where nobody did', () => {
    const [none, all] = [proportion('control', 'orders', 1_000, 0), proportion('lower', 'orders', 1_000, 1_000)];
    expect(reportOn(shipping, [none, all], { plannedUnits: 2_000, assigned: { control: 1_000, lower: 1_000 } }).verdict).toEqual({ lower: 'better' });
    const { interval, relativeInterval } = compare(all, none, { alpha: 0.05, plannedUnits: 2_000 })!;
    expect(interval[1]).toBeLessThan(0);
    expect(relativeInterval[1]).toBeLessThan(0);
    expect(compare(none, { ...none }, { alpha: 0.05, plannedUnits: 2_000 })).toBeUndefined();
  });

  it('says that a guardrail watches nothing where its outcome was never reported, and who was seen twice', () => {
    const careful = experiment('one', { hypothesis: 'h', variants: { control: {}, lower: {} }, primary: { name: 'orders', kind: 'proportion', outcome: 'purchase' }, guardrails: { left: { kind: 'proportion', outcome: 'abandonment', margin: 0.05 } } });
    const report = reportOn(careful, good, { ...options, crossed: 7 });
    expect(report.notes).toEqual([expect.stringContaining('7 units were seen in more than one variant'), expect.stringContaining('No abandonment was ever reported: the guardrail left watches nothing')]);
    expect(report.comparisons).toMatchObject([{ metric: 'orders' }, { metric: 'left', units: [10_000, 10_000] }]);
    expect(report.comparisons[1]!.difference).toBeUndefined();
    expect(reportOn(careful, [], { plannedUnits: 1_000, assigned: {} })).toMatchObject({ comparisons: [], notes: [] });
  });

  it('shows each segment without deciding by it', () => {
    const flat = [proportion('control', 'orders', 10_000, 1_000), proportion('lower', 'orders', 10_000, 1_000)];
    const report = reportOn(shipping, [...flat, proportion('control', 'orders', 2_000, 100, 'mobile'), proportion('lower', 'orders', 2_000, 300, 'mobile')], options);
    expect(report.verdict).toEqual({ lower: 'undecided' });
    expect(report.segments).toMatchObject([{ segment: 'mobile', metric: 'orders', variant: 'lower' }]);
  });
});

describe('the size of an experiment', () => {
  it("is the textbook's for one look", () => {
    // 10 % against 12 %, two-sided 5 %, power 80 %, unpooled: (1.959964 + 0.841621)² × (0.09 + 0.1056) / 0.02².
    expect(unitsNeeded({ kind: 'proportion', baseline: 0.1, uplift: 0.2 }).unitsForOneLook).toBe(3839);
    expect(unitsNeeded({ kind: 'mean', baseline: 100, standardDeviation: 50, uplift: 0.05 }).unitsForOneLook).toBe(1570);
  });

  it('counts unequal shares: the small variant decides how many it takes', () => {
    const asked = { kind: 'mean', baseline: 100, standardDeviation: 50, uplift: 0.05 } as const;
    const of = (...weights: number[]) => unitsNeeded({ ...asked, weights }).unitsForOneLook * weights.length;
    // 1/0.9 + 1/0.1 instead of 1/0.5 + 1/0.5.
    expect(of(9, 1) / of(1, 1)).toBeCloseTo((1 / 0.9 + 1 / 0.1) / 4, 2);
    expect(of(1, 9)).toBe(of(9, 1));
    expect(of(1.4, 1, 1)).toBeLessThan(of(1, 1, 1)); // a control that all are compared with may be larger
  });

  it('is larger for daily looks, and smaller where the past says much', () => {
    const { unitsForOneLook, unitsWithDailyLooks } = unitsNeeded({ kind: 'proportion', baseline: 0.1, uplift: 0.2 });
    expect(unitsWithDailyLooks).toBeGreaterThan(1.3 * unitsForOneLook);
    expect(unitsNeeded({ kind: 'mean', baseline: 100, standardDeviation: 50, uplift: 0.05, correlationBefore: 0.7 }).unitsForOneLook).toBe(801);
  });
});
