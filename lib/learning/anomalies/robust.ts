// Values that stand out of a daily series: the residual from the weeks before and the weekday, in robust standard deviations, so that outliers hide no outlier.
import { hashUniform } from '../random.ts';

export interface AnomalySettings {
  /** Days before a value that it is compared with. Default 28. */
  window?: number;
  /** Least score, in robust standard deviations, of what is told. Default 4. */
  threshold?: number;
  /** `sqrt` evens out the scatter of counts and of sums over them, `log` that of ratios. Default sqrt. */
  scale?: 'none' | 'sqrt' | 'log';
}

/** How a series usually goes. */
export interface UsualSeries {
  /** What each weekday adds, Monday first, on the scale. */
  weekdays: number[];
  /** 1.4826 × the median distance of the residuals from 0: a standard deviation, if they were normal. */
  deviation: number;
}

export interface AnomalyModel {
  window: number;
  threshold: number;
  scale: 'none' | 'sqrt' | 'log';
  series: ReadonlyMap<string, UsualSeries>;
}

export interface Judged {
  /** What was to be expected from the days before; NaN where there are fewer than a week of them. */
  expected: number;
  /** Robust standard deviations above (or, negative, below) that. */
  score: number;
}

const DAY = 86_400_000;
/** Fewer values before one tell nothing about it. */
const LEAST_BEFORE = 7;
/** Fewer values of a series in all tell nothing about how far they usually lie apart. */
export const LEAST_KNOWN = 28;

/** One value a day, NaN where there is none; `first` is the day of the first, in days since 1970. */
export interface DailySeries { first: number; values: Float64Array }

export const dayOf = (time: number): number => Math.floor(time / DAY);

/** undefined for a series with too few values to say what is usual. */
export function trainUsual(series: DailySeries, model: Pick<AnomalyModel, 'window' | 'scale'>): UsualSeries | undefined {
  const values = scaled(series.values, model.scale);
  if (values.filter((value) => !Number.isNaN(value)).length < LEAST_KNOWN) return undefined;
  const levels = levelsOf(values, series.first, new Array<number>(7).fill(0), model.window);
  const distances = Array.from({ length: 7 }, (): number[] => []);
  values.forEach((value, at) => {
    const distance = value - levels[at]!;
    if (!Number.isNaN(distance)) distances[weekdayOf(series.first + at)]!.push(distance);
  });
  const raw = distances.map((some) => (some.length === 0 ? 0 : median(some)));
  const middle = raw.reduce((sum, value) => sum + value, 0) / 7;
  const weekdays = raw.map((value) => value - middle);
  const residuals: number[] = [];
  const again = levelsOf(values, series.first, weekdays, model.window);
  values.forEach((value, at) => {
    const residual = value - again[at]! - weekdays[weekdayOf(series.first + at)]!;
    if (!Number.isNaN(residual)) residuals.push(Math.abs(residual));
  });
  const typical = residuals.length === 0 ? 0 : 1.4826 * median(residuals);
  // A series that hardly ever moves would call its first movement infinite.
  const size = median(values.filter((value) => !Number.isNaN(value)).map(Math.abs)) || 1;
  return { weekdays, deviation: Math.max(typical, 1e-3 * size) };
}

/** Every value against the days before it. */
export function judgeSeries(series: DailySeries, usual: UsualSeries, { window, scale }: Pick<AnomalyModel, 'window' | 'scale'>): Judged[] {
  const values = scaled(series.values, scale);
  const levels = levelsOf(values, series.first, usual.weekdays, window);
  return Array.from(values, (value, at) => judged(value, levels[at]! + usual.weekdays[weekdayOf(series.first + at)]!, usual, scale));
}

function judged(value: number, expected: number, { deviation }: UsualSeries, scale: AnomalyModel['scale']): Judged {
  return { expected: unscaled(expected, scale), score: (value - expected) / deviation };
}

export interface Planted { score: number; naive: number; planted: boolean }

/**
 * Some values of the window that begins at `from`, as they are and as they would be if that day had gone wrong: a seeded tenth of them times or divided by `factor`.
 * Each is planted alone. With the score that the naive rule gives: standard deviations from the mean of all values before the window.
 */
export function plantAnomalies(series: DailySeries, usual: UsualSeries, model: Pick<AnomalyModel, 'window' | 'scale'>, from: number, { factor = 2.5, seed = 0 }: { factor?: number; seed?: number } = {}): Planted[] {
  const scores = judgeSeries(series, usual, model);
  const before = series.values.subarray(0, Math.max(0, from)).filter((value) => !Number.isNaN(value));
  const mean = before.reduce((sum, value) => sum + value, 0) / before.length;
  const deviation = Math.sqrt(before.reduce((sum, value) => sum + (value - mean) ** 2, 0) / before.length) || 1;
  const found: Planted[] = [];
  for (let at = from; at < series.values.length; at += 1) {
    const { expected, score } = scores[at]!;
    const value = series.values[at]!;
    if (Number.isNaN(score)) continue;
    found.push({ score: Math.abs(score), naive: Math.abs(value - mean) / deviation, planted: false });
    if (hashUniform(seed, at, 1) >= 0.1) continue;
    const wrong = hashUniform(seed, at, 2) < 0.5 ? value * factor : value / factor;
    const then = judged(scaled(Float64Array.of(wrong), model.scale)[0]!, scaled(Float64Array.of(expected), model.scale)[0]!, usual, model.scale);
    found.push({ score: Math.abs(then.score), naive: Math.abs(wrong - mean) / deviation, planted: true });
  }
  return found;
}

/** Of each day the median of the days before it within the window, weekdays taken off; NaN where there are too few. */
function levelsOf(values: Float64Array, first: number, weekdays: readonly number[], window: number): Float64Array {
  const flat = values.map((value, at) => value - weekdays[weekdayOf(first + at)]!);
  return flat.map((_, at) => {
    const before = flat.subarray(Math.max(0, at - window), at).filter((value) => !Number.isNaN(value));
    return before.length < LEAST_BEFORE ? Number.NaN : median(before);
  });
}

/** Monday is 0; 1970-01-01 was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

function scaled(values: Float64Array, scale: AnomalyModel['scale']): Float64Array {
  return scale === 'none' ? values.slice() : values.map((value) => (scale === 'sqrt' ? Math.sign(value) * Math.sqrt(Math.abs(value)) : Math.sign(value) * Math.log1p(Math.abs(value))));
}

function unscaled(value: number, scale: AnomalyModel['scale']): number {
  return scale === 'none' ? value : scale === 'sqrt' ? Math.sign(value) * value * value : Math.sign(value) * Math.expm1(Math.abs(value));
}

function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length === 0 ? 0 : sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
