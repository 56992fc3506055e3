// Demand of many items: the shop's total is smoothed with trend and season, and shared out by what each item sold of late, few sales shrunk to those of its group.
import { normalQuantile } from '../../base/index.ts';
import { hashUniform } from '../random.ts';
import { pinballLoss, rootMeanSquaredError, meanAbsoluteError } from '../metrics/regression.ts';
import { forecast, smoothWith, trainSmoothing, type SmoothingParameters } from './holt-winters.ts';
import { learnSpread, spreadOf, type PastForecast, type Spread } from './spread.ts';

export interface DemandSettings {
  /** Length of a period: the rows' times are whole periods apart. Default 7d. */
  period?: string;
  /** Periods in a season; counts where the total holds two of them. Default 52. */
  season?: number;
  /** The entity column of items that are alike. Default: all are. */
  group?: string;
  /** Share of the outcomes that is to fall between low and high. Default 0.9. */
  confidence?: number;
}

/** Units of each item in each period, zeros included. */
export interface DemandTable {
  periods: number;
  /** A list of `periods` numbers an item. */
  units: readonly Float64Array[];
  /** Number of each item's group. */
  groups: Int32Array;
}

export interface DemandModel {
  /** Milliseconds. */
  period: number;
  confidence: number;
  /** Of the total. */
  total: SmoothingParameters;
  /** Periods after which a sale counts half for its item's share. */
  halfLife: number;
  /** Units that are as good as known of every item: the weight of its group's mean. */
  shrinkage: number;
  /** How far outcomes fall from what is expected. */
  spread: Spread;
}

export interface ItemForecast {
  expected: number;
  low: number;
  median: number;
  high: number;
}

const HALF_LIVES = [8, 16, 32, 64, 1_000];
const SHRINKAGES = [0.25, 1, 4, 16];

/** Forecasts of the past that the spread is learned from, at most about so many. */
const MOST_PAST = 40_000;

/**
 * Learns from the periods before `until`; the last `validate` of these choose half-life and shrinkage. How far outcomes fall from forecasts of up to `horizon` periods is learned by making
 * them again from the end of each late period, with what was known then.
 */
export function trainDemand(table: DemandTable, until: number, validate: number, { season = 52, confidence = 0.9 }: DemandSettings, period: number, horizon = 1): DemandModel {
  const seasonal = seasonOf(table, until, validate, season);
  const early = { period, confidence, total: trainSmoothing(totalsOf(table, until - validate), { season: seasonal }) };
  let best: { model: Omit<DemandModel, 'spread'>; loss: number } | undefined;
  for (const halfLife of HALF_LIVES) {
    for (const shrinkage of SHRINKAGES) {
      const model = { ...early, halfLife, shrinkage };
      const expected = expectations(model, table, until - validate, validate).items;
      const loss = sumOver(table, until - validate, validate, (units, item, ahead) => deviance(units, expected[item]![ahead]!));
      if (best === undefined || loss < best.loss) best = { model, loss };
    }
  }
  const { model } = best!;
  return { ...model, spread: learnSpread(pastForecasts(model, table, until, horizon, seasonal), horizon, confidence), total: trainSmoothing(totalsOf(table, until), { season: seasonal }) };
}

/** Periods in a season, where two of them lie before the periods that validate and it foretold the total of these better than none would have; else 1. */
function seasonOf(table: DemandTable, until: number, validate: number, season: number): number {
  const known = until - validate;
  if (season === 1 || known < 2 * season) return 1;
  const totals = totalsOf(table, until);
  const squares = (periods: number): number => {
    const learned = trainSmoothing(totals.subarray(0, known), { season: periods });
    let sum = 0;
    for (let from = known; from < until; from += 1) forecast(smoothWith(learned, totals.subarray(0, from)), until - from).forEach(({ expected }, ahead) => (sum += (expected - totals[from + ahead]!) ** 2));
    return sum;
  };
  return squares(season) < squares(1) ? season : 1;
}

/** Forecasts as they would have been made from period to period, each with what was known by then, and what came. */
function pastForecasts(model: Omit<DemandModel, 'spread'>, table: DemandTable, until: number, horizon: number, season: number): PastForecast[] {
  // From two thirds on, or earlier, down to half, where the furthest forecast would else be made too seldom.
  const first = Math.max(1, Math.floor(until / 2), Math.min(until - 1, Math.floor((until * 2) / 3), until - 2 * horizon));
  const then = { ...model, total: trainSmoothing(totalsOf(table, first), { season }) };
  let count = 0;
  for (let from = first; from < until; from += 1) count += table.units.length * Math.min(horizon, until - from);
  const share = MOST_PAST / count;
  const found: PastForecast[] = [];
  for (let from = first; from < until; from += 1) {
    const periods = Math.min(horizon, until - from);
    expectations(then, table, from, periods).items.forEach((ahead, item) => ahead.forEach((expected, at) => {
      if (share >= 1 || hashUniform(item, from, at) < share) found.push({ expected, ahead: at, units: table.units[item]![from + at]! });
    }));
  }
  return found;
}

/** Of each item, each of the next periods after `until`; reads nothing from there on. */
export function forecastDemand(model: DemandModel, table: DemandTable, until: number, periods: number): { items: ItemForecast[][]; total: ItemForecast[] } {
  const { items, total } = expectations(model, table, until, periods);
  const reach = normalQuantile((1 + model.confidence) / 2);
  return {
    items: items.map((ahead) => ahead.map((expected, index) => ({ expected, ...spreadOf(model.spread, expected, index) }))),
    total: total.map(({ expected, deviation }) => ({ expected, low: Math.max(0, Math.round(expected - reach * deviation)), median: Math.round(expected), high: Math.round(expected + reach * deviation) })),
  };
}

function expectations(model: Omit<DemandModel, 'spread'>, table: DemandTable, until: number, periods: number): { items: number[][]; total: { expected: number; deviation: number }[] } {
  // With the share of a normal within one standard deviation, the reach is that deviation.
  const total = forecast(smoothWith(model.total, totalsOf(table, until)), periods, { confidence: 0.682_689_492_137_086, atLeast: 0 }).map(({ expected, high }) => ({ expected, deviation: high - expected }));
  const shares = sharesOf(model, table, until);
  return { items: Array.from(shares, (share) => total.map(({ expected }) => expected * share)), total };
}

/** Each item's share of the total: its sales, later ones counting more, shrunk to the mean of its group (Gamma-Poisson), as shares of 1. */
function sharesOf({ halfLife, shrinkage }: Pick<DemandModel, 'halfLife' | 'shrinkage'>, { units, groups }: DemandTable, until: number): Float64Array {
  const weights = Float64Array.from({ length: until }, (_, at) => 0.5 ** ((until - 1 - at) / halfLife));
  const sold = Float64Array.from(units, (series) => weights.reduce((sum, weight, at) => sum + weight * series[at]!, 0));
  const all = sold.reduce((sum, value) => sum + value, 0);
  const count = groups.reduce((most, group) => Math.max(most, group), 0) + 1;
  const [members, sums] = [new Float64Array(count), new Float64Array(count)];
  groups.forEach((group, item) => {
    members[group]! += 1;
    sums[group]! += sold[item]!;
  });
  // A small group is itself shrunk, by one item of the shop's mean.
  const usual = all / Math.max(1, units.length);
  const raw = sold.map((value, item) => {
    const prior = (sums[groups[item]!]! + usual) / (members[groups[item]!]! + 1);
    return prior > 0 ? ((value + shrinkage) * prior) / (prior + shrinkage) : value;
  });
  const sum = raw.reduce((total, value) => total + value, 0);
  return raw.map((value) => (sum > 0 ? value / sum : 1 / units.length));
}

export interface DemandQuality {
  /** Of what is expected. */
  rmse: number;
  /** Of the median, which is what keeps it least. */
  mae: number;
  /** Mean over the three quantiles. */
  pinball: number;
}

/** Forecasts from `from` on against what came in the next periods, and three naive ones that know as much. */
export function demandQuality(model: DemandModel, table: DemandTable, from: number, periods: number, season: number): {
  own: DemandQuality; naive: Record<'last_value' | 'seasonal' | 'mean', DemandQuality>; coverage: number; coverageAhead: number[]; coverageOfTotal: number; noiseFloor: number;
} {
  const { items, total } = forecastDemand(model, table, from, periods);
  const labels = collect(table, from, periods, (units) => units);
  const pick = (key: keyof ItemForecast): Float64Array => collect(table, from, periods, (_, item, ahead) => items[item]![ahead]![key]);
  const tail = (1 - model.confidence) / 2;
  const quality = (expected: Float64Array, low: Float64Array, median: Float64Array, high: Float64Array): DemandQuality => ({
    rmse: rootMeanSquaredError(expected, labels), mae: meanAbsoluteError(median, labels),
    pinball: (pinballLoss(low, labels, tail) + pinballLoss(median, labels, 0.5) + pinballLoss(high, labels, 1 - tail)) / 3,
  });
  const point = (of: (item: number, ahead: number) => number): DemandQuality => {
    const values = collect(table, from, periods, (_, item, ahead) => of(item, ahead));
    return quality(values, values, values, values);
  };
  const last = Math.min(13, from);
  const means = table.units.map((series) => series.subarray(from - last, from).reduce((sum, value) => sum + value, 0) / last);
  const [low, high] = [pick('low'), pick('high')];
  const sums = totalsOf(table, from + periods).subarray(from);
  const coverageOf = (among: (at: number) => boolean): number => {
    const places = Array.from(labels.keys()).filter(among);
    return places.filter((at) => labels[at]! >= low[at]! && labels[at]! <= high[at]!).length / places.length;
  };
  return {
    own: quality(pick('expected'), low, pick('median'), high),
    naive: {
      last_value: point((item) => table.units[item]![from - 1]!),
      seasonal: point((item, ahead) => table.units[item]![from + ahead - season * Math.ceil((ahead + 1) / season)] ?? table.units[item]![from - 1]!),
      mean: point((item) => means[item]!),
    },
    coverage: coverageOf(() => true), coverageAhead: Array.from({ length: periods }, (_, ahead) => coverageOf((at) => at % periods === ahead)),
    coverageOfTotal: total.reduce((sum, ahead, at) => sum + (sums[at]! >= ahead.low && sums[at]! <= ahead.high ? 1 : 0), 0) / periods,
    noiseFloor: Math.sqrt(labels.reduce((sum, label) => sum + label, 0) / labels.length),
  };
}

function totalsOf({ units }: DemandTable, until: number): Float64Array {
  const totals = new Float64Array(until);
  for (const series of units) for (let at = 0; at < until; at += 1) totals[at]! += series[at]!;
  return totals;
}

function collect({ units }: DemandTable, from: number, periods: number, of: (units: number, item: number, ahead: number) => number): Float64Array {
  return Float64Array.from({ length: units.length * periods }, (_, at) => of(units[Math.floor(at / periods)]![from + (at % periods)]!, Math.floor(at / periods), at % periods));
}

function sumOver(table: DemandTable, from: number, periods: number, of: (units: number, item: number, ahead: number) => number): number {
  return collect(table, from, periods, of).reduce((sum, value) => sum + value, 0);
}

/** Of Poisson's likelihood, up to what all models share. */
function deviance(units: number, expected: number): number {
  const mean = Math.max(expected, 1e-9);
  return mean - units * Math.log(mean);
}
