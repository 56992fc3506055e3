// How far outcomes fall from what was expected, learned from forecasts made in the past: for items that sell alike, and for each number of periods ahead.
import { countInterval, countLogLikelihood, countQuantile, quantilesOf } from './count-quantile.ts';

/** A forecast of the past and what came of it. */
export interface PastForecast {
  expected: number;
  /** Periods ahead, from 0. */
  ahead: number;
  units: number;
}

export interface Spread {
  /** Classes of items by what is expected of them: upper ends of all but the last, ascending. */
  below: number[];
  /** How much wider than Poisson's the counts of each class scatter: variance = (1 + dispersion) × mean. */
  dispersions: number[];
  /** Of each class and each number of periods ahead, the share of that distribution between whose ends the wanted share of the outcomes fell. */
  levels: number[][];
}

export interface CountForecast { low: number; median: number; high: number }

const CLASSES = 12;
/** Fewer past forecasts of a class, so many periods ahead, say little of its ends. */
const LEAST = 150;
const DISPERSIONS = [0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
/** Shares that are tried, from 0.05 on towards 1. */
const LEVELS = Array.from({ length: 110 }, (_, step) => 1 - 0.95 * 0.9 ** step);

/** Learns the spread of forecasts of up to `horizon` periods; `confidence`: the share of the outcomes that is to fall between the ends. Without any past it is Poisson's. */
export function learnSpread(past: readonly PastForecast[], horizon: number, confidence: number): Spread {
  const sorted = Float64Array.from(past, ({ expected }) => expected).sort();
  const classes = Math.max(1, Math.min(CLASSES, Math.floor(past.length / horizon / LEAST)));
  const below = [...new Set(Array.from({ length: classes - 1 }, (_, index) => sorted[Math.floor(((index + 1) * sorted.length) / classes)]!))];
  const members = Array.from({ length: below.length + 1 }, (): PastForecast[] => []);
  for (const one of past) members[classOf(below, one.expected)]!.push(one);
  const dispersions = members.map(likeliestDispersion);
  return {
    below, dispersions,
    levels: members.map((some, index) => levelsOf(some, dispersions[index]!, horizon, confidence)),
  };
}

/** Ends and median of a forecast. Beyond the periods that were learned of, as in the last of them. */
export function spreadOf({ below, dispersions, levels }: Spread, expected: number, ahead: number): CountForecast {
  const of = classOf(below, expected);
  const { low, high } = countInterval(quantilesOf(expected, dispersions[of]!), levels[of]![Math.min(ahead, levels[of]!.length - 1)]!);
  return { low, median: Math.min(high, Math.max(low, countQuantile(expected, dispersions[of]!, 0.5))), high };
}

function classOf(below: readonly number[], expected: number): number {
  const found = below.findIndex((end) => expected < end);
  return found < 0 ? below.length : found;
}

function likeliestDispersion(past: readonly PastForecast[]): number {
  let best = { dispersion: 0, likelihood: -Infinity };
  for (const dispersion of DISPERSIONS) {
    const likelihood = past.reduce((sum, { units, expected }) => sum + countLogLikelihood(units, expected, dispersion), 0);
    if (likelihood > best.likelihood) best = { dispersion, likelihood };
  }
  return best.dispersion;
}

/** For each number of periods ahead; as for fewer ones where the past is too short to tell. */
function levelsOf(past: readonly PastForecast[], dispersion: number, horizon: number, confidence: number): number[] {
  let last = confidence;
  return Array.from({ length: horizon }, (_, ahead) => {
    const some = past.filter((one) => one.ahead === ahead);
    if (some.length > 0) last = levelOf(some, dispersion, confidence);
    return last;
  });
}

/** The least share of the distribution between whose ends the wanted share of these outcomes fell, one more being counted as outside (as for conformal sets). */
function levelOf(past: readonly PastForecast[], dispersion: number, confidence: number): number {
  const inside = new Int32Array(LEVELS.length);
  for (const { expected, units } of past) {
    const quantile = quantilesOf(expected, dispersion);
    LEVELS.forEach((level, at) => {
      const { low, high } = countInterval(quantile, level);
      if (units >= low && units <= high) inside[at]! += 1;
    });
  }
  const wanted = confidence * (past.length + 1);
  const found = inside.findIndex((count) => count >= wanted);
  return LEVELS[found < 0 ? LEVELS.length - 1 : found]!;
}
