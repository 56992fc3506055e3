// Exponential smoothing with additive trend and season (Holt and Winters): demand a period, with intervals, in the state-space form of Hyndman et al. 2008.
import { MillraceError } from '../../base/index.ts';
import { minimise } from './nelder-mead.ts';
import { studentQuantile } from './student.ts';

export interface SmoothingSettings {
  /** Periods in a season, 1 for none: 52 for weeks in a year, 7 for days in a week. Left out, too, where the series holds fewer than two seasons. Default 1. */
  season?: number;
  /** Whether the level has a trend. Default: where there are at least ten periods. */
  trend?: boolean;
  /** What the trend is multiplied by each period, so that it fades. Default 0.98; 1 never fades. */
  damping?: number;
}

export interface SmoothingModel {
  season: number;
  alpha: number;
  beta: number;
  gamma: number;
  damping: number;
  hasTrend: boolean;
  /** After the last period. */
  level: number;
  trend: number;
  /** Of the next `season` periods. */
  seasonal: number[];
  /** Standard deviation of the errors one period ahead, corrected for the number of parameters. */
  deviation: number;
  /** What was expected of each period, one period before. */
  fitted: number[];
  /** Errors that the deviation is known from, less what was fitted to them; Infinity where it is taken for known. */
  freedom: number;
  /** Of each period ahead, how much further outcomes fall than they would if the parameters were known; as for the last beyond them. */
  wider: number[];
}

interface State {
  level: number;
  trend: number;
  seasonal: number[];
}

/** Fits the smoothing to one value a period; NaN is a period without a value, which changes nothing. */
export function trainSmoothing(series: ArrayLike<number>, settings: SmoothingSettings = {}): SmoothingModel {
  const values = Float64Array.from(series);
  const known = values.filter((value) => value === value);
  if (known.length === 0 || values.some((value) => value === Infinity || value === -Infinity)) {
    throw new MillraceError('bad_input', known.length === 0 ? 'there is no value in the series' : 'a value of the series is infinite', { where: 'the series', todo: 'give one finite value a period, NaN where there is none' });
  }
  const { season: wanted = 1, damping = 0.98 } = settings;
  if (!(Number.isInteger(wanted) && wanted >= 1)) throw new MillraceError('bad_input', `a season of ${wanted} periods`, { where: 'season', todo: 'give a whole number from 1 on' });
  if (!(damping > 0 && damping <= 1)) throw new MillraceError('bad_input', `damping is ${damping}`, { where: 'damping', todo: 'give a number above 0, up to 1, which never fades' });
  const season = values.length >= 2 * wanted ? wanted : 1;
  const hasTrend = (settings.trend ?? known.length >= 10) && known.length >= 3;
  const start = startingState(values, season, hasTrend);
  // A parameter between 0 and 1 as a number of any size, for a search that knows no bounds.
  const between = (x: number): number => 1 / (1 + Math.exp(-x));
  const parameters = (point: readonly number[]): { alpha: number; beta: number; gamma: number } => {
    const alpha = between(point[0]!);
    return { alpha, beta: hasTrend ? alpha * between(point[1]!) : 0, gamma: season > 1 ? (1 - alpha) * between(point[hasTrend ? 2 : 1]!) : 0 };
  };
  const error = (point: readonly number[]): number => run(values, start, season, parameters(point), damping).squares;
  const size = 1 + Number(hasTrend) + Number(season > 1);
  // The error has several valleys; three starts find the deepest of most series.
  const found = [-2, 0, 2].map((first) => minimise(error, [first, -3, -3].slice(0, size), 1)).reduce((a, b) => (b.value < a.value ? b : a));
  const chosen = parameters(found.point);
  const { state, squares, fitted } = run(values, start, season, chosen, damping);
  const freedom = Math.max(1, known.length - size - 1 - Number(hasTrend) - (season > 1 ? season - 1 : 0));
  const model = { season, ...chosen, damping, hasTrend, ...state, deviation: Math.sqrt(squares / freedom), fitted, freedom, wider: [] };
  return { ...model, wider: widening(values, model, squares) };
}

/** Other parameters that explain a series nearly as well foretell it otherwise: these are looked through, each by its likelihood. */
const ALPHAS = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9];
const BETA_SHARES = [0.01, 0.1, 0.3];
const GAMMA_SHARES = [0.02, 0.2, 0.5];

function widening(values: Float64Array, model: SmoothingModel, squares: number): number[] {
  const { season, damping, freedom } = model;
  const periods = Math.max(12, 2 * season);
  const own = { means: meansAhead(model, periods), variances: variancesAhead(model, periods) };
  const mixed = Float64Array.from(own.variances);
  let sum = 1;
  for (const hasTrend of model.hasTrend ? [true, false] : [false]) {
    const start = startingState(values, season, hasTrend);
    for (const alpha of ALPHAS) {
      for (const betaShare of hasTrend ? BETA_SHARES : [0]) {
        for (const gammaShare of season > 1 ? GAMMA_SHARES : [0]) {
          const parameters = { alpha, beta: alpha * betaShare, gamma: (1 - alpha) * gammaShare };
          const other = run(values, start, season, parameters, damping);
          const weight = squares > 0 ? (other.squares / squares) ** (-freedom / 2) : 0;
          const means = meansAhead({ ...other.state, season, damping }, periods);
          const variances = variancesAhead({ ...parameters, season, damping, deviation: Math.sqrt(other.squares / freedom) }, periods);
          sum += weight;
          for (let at = 0; at < periods; at += 1) mixed[at]! += weight * (variances[at]! + (means[at]! - own.means[at]!) ** 2);
        }
      }
    }
  }
  return Array.from(mixed, (value, at) => (own.variances[at]! > 0 ? Math.max(1, Math.sqrt(value / sum / own.variances[at]!)) : 1));
}

function meansAhead({ level, trend, seasonal, season, damping }: State & Pick<SmoothingModel, 'season' | 'damping'>, periods: number): number[] {
  let fading = 0;
  return Array.from({ length: periods }, (_, index) => {
    fading += damping ** (index + 1);
    return level + trend * fading + seasonal[index % season]!;
  });
}

/** The error of one period moves later ones by alpha, by the trend's share, and a season later by gamma. */
function variancesAhead({ alpha, beta, gamma, season, damping, deviation }: Pick<SmoothingModel, 'alpha' | 'beta' | 'gamma' | 'season' | 'damping' | 'deviation'>, periods: number): number[] {
  let [variance, fading] = [0, 0];
  return Array.from({ length: periods }, (_, index) => {
    if (index > 0) variance += (alpha + beta * fading + (season > 1 && index % season === 0 ? gamma : 0)) ** 2;
    fading += damping ** (index + 1);
    return deviation ** 2 * (1 + variance);
  });
}

/** What of a smoothing is learned, without where its series ended. */
export type SmoothingParameters = Pick<SmoothingModel, 'season' | 'alpha' | 'beta' | 'gamma' | 'damping' | 'hasTrend' | 'deviation'>;

/** The smoothing with parameters as learned before, at the end of a series that may have gone on since. */
export function smoothWith(parameters: SmoothingParameters, series: ArrayLike<number>): SmoothingModel {
  const { season, hasTrend, alpha, beta, gamma, damping, deviation } = parameters;
  const values = Float64Array.from(series);
  if (values.length < season) throw new MillraceError('bad_input', `${values.length} periods for a season of ${season}`, { where: 'the series', todo: 'give it whole, from the period that it was learned from' });
  const { state, fitted } = run(values, startingState(values, season, hasTrend), season, { alpha, beta, gamma }, damping);
  return { season, alpha, beta, gamma, damping, hasTrend, deviation, ...state, fitted, freedom: Infinity, wider: [] };
}

/** Level, trend and season from the first seasons: means, their difference, and distances from the line through them. */
function startingState(values: Float64Array, season: number, hasTrend: boolean): State {
  const mean = (begin: number, end: number): number => {
    const part = values.slice(begin, end).filter((value) => value === value);
    return part.length === 0 ? NaN : part.reduce((sum, value) => sum + value, 0) / part.length;
  };
  const whole = mean(0, values.length);
  if (season === 1) {
    // As in a season: the means stand for the middles of their parts, and the level is one period before the first.
    const [begin, end] = [Math.ceil(values.length / 4), Math.floor((values.length * 3) / 4)];
    const [early, late] = [mean(0, begin), mean(end, values.length)];
    const slope = hasTrend && early === early && late === late ? (late - early) / ((end + values.length - begin) / 2) : 0;
    return { level: (early === early ? early : whole) - (slope * (begin + 1)) / 2, trend: slope, seasonal: [0] };
  }
  const [first, second] = [mean(0, season), mean(season, 2 * season)];
  const slope = hasTrend && first === first && second === second ? (second - first) / season : 0;
  const level = (first === first ? first : whole) - (slope * (season + 1)) / 2;
  const seasonal = Array.from({ length: season }, (_, period) => {
    const distances: number[] = [];
    for (let at = period; at < 2 * season; at += season) if (values[at] === values[at]) distances.push(values[at]! - (level + slope * (at + 1)));
    return distances.length === 0 ? 0 : distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
  });
  const drift = seasonal.reduce((sum, value) => sum + value, 0) / season;
  return { level: level + drift, trend: slope, seasonal: seasonal.map((value) => value - drift) };
}

/** Runs the smoothing over the series, in its error-correction form. */
function run(
  values: Float64Array, start: State, season: number, { alpha, beta, gamma }: { alpha: number; beta: number; gamma: number }, damping: number,
): { state: State; squares: number; fitted: number[] } {
  let { level, trend } = start;
  const seasonal = [...start.seasonal];
  let squares = 0;
  const fitted: number[] = [];
  for (let at = 0; at < values.length; at += 1) {
    const period = at % season;
    const expected = level + damping * trend + seasonal[period]!;
    fitted.push(expected);
    const error = values[at] === values[at] ? values[at]! - expected : 0;
    squares += error * error;
    level += damping * trend + alpha * error;
    trend = damping * trend + beta * error;
    seasonal[period]! += gamma * error;
  }
  const next = values.length % season;
  return { state: { level, trend, seasonal: [...seasonal.slice(next), ...seasonal.slice(0, next)] }, squares, fitted };
}

export interface Forecast {
  expected: number;
  low: number;
  high: number;
}

/**
 * What the next periods will bring, and bounds between which the stated share of the outcomes falls. With `atLeast` 0 nothing falls below nothing, as
 * for demand.
 */
export function forecast(model: SmoothingModel, periods: number, { confidence = 0.9, atLeast = -Infinity }: { confidence?: number; atLeast?: number } = {}): Forecast[] {
  if (!(confidence > 0 && confidence < 1)) throw new MillraceError('bad_input', `a confidence of ${confidence}`, { where: 'confidence', todo: 'give a share between 0 and 1' });
  const width = studentQuantile((1 + confidence) / 2, model.freedom);
  const variances = variancesAhead(model, periods);
  return meansAhead(model, periods).map((expected, index) => {
    const reach = width * Math.sqrt(variances[index]!) * (model.wider[Math.min(index, model.wider.length - 1)] ?? 1);
    return { expected: Math.max(expected, atLeast), low: Math.max(expected - reach, atLeast), high: Math.max(expected + reach, atLeast) };
  });
}
