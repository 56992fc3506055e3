// A seeded search for settings: points of a space by chance, many of them on few rows, the best on all; judged on rows before the test window, never on it.
import { MillraceError } from '../../base/index.ts';
import { hashUniform, seededRandom } from '../random.ts';
import { durationOf, splitByTime } from '../split/by-time.ts';
import { byMaturity, type Dataset } from '../predictor/dataset.ts';
import { METRICS, type Metric, type Predictor } from '../predictor/types.ts';
import { DEFAULT_SPACES, drawCandidate, type Candidate } from './space.ts';

export interface Trial {
  /** 0 is what the predictor declares. */
  trial: number;
  settings: Candidate;
  /** Share of the rows that it learned from. */
  share: number;
  /** The gate's metric on the rows that decide; null where it could not be trained or told. */
  score: number | null;
  seconds: number;
  /** Why there is no score. */
  failed?: string;
}

export interface Tuning {
  metric: Metric;
  seed: number;
  /** Rows that were learned from at most, and rows that decided; all are from before the test window. */
  rows: { train: number; decide: number };
  /** ISO 8601: all rows that were looked at are from before it. */
  before: string;
  trials: Trial[];
  chosen: number;
  /** The time was over before all trials were made. */
  cutShort: boolean;
}

export interface TuneOptions {
  /** How many points beside what is declared; default 20. */
  trials?: number;
  /** No trial begins after so many seconds. Which points are tried then depends on the machine; without it equal seeds choose equally. */
  seconds?: number;
  seed?: number;
  /** Milliseconds. */
  now: () => number;
  /** Trains a predictor and gives its metrics on its test window. */
  train(predictor: Predictor, data: Dataset): Promise<{ metrics: Readonly<Record<string, number>>; rows: { train: number; test: number } }>;
  onTrial?: (done: number, of: number) => void;
}

/** With more rows than these, points are first tried on a quarter of them. */
const MANY_ROWS = 20_000;
const FIRST_SHARE = 0.25;
/** Of the points of the first round so many go on. */
const KEPT = 1 / 3;

/** The predictor with the best settings, and how they were found. @throws `unsupported` for kinds that have nothing to search, `bad_input` where too few rows are left. */
export async function tune(predictor: Predictor, data: Dataset, { trials = 20, seconds = Number.POSITIVE_INFINITY, seed = 1, now, train, onTrial }: TuneOptions): Promise<{ predictor: Predictor; tuning: Tuning }> {
  const { kind } = predictor.algorithm;
  if (kind !== 'gradient_boosting' && kind !== 'random_forest') {
    throw new MillraceError('unsupported', `there are no settings to search for ${kind.replaceAll('_', ' ')}`, { where: `predictor ${predictor.name}`, todo: 'Train it without --tune.' });
  }
  const inner = beforeTheTest(predictor, data);
  const metric = predictor.gate.metric;
  const random = seededRandom(seed);
  const points: Candidate[] = [{}, ...Array.from({ length: trials }, () => drawCandidate(predictor.tune ?? DEFAULT_SPACES[kind], random))];
  const started = now();
  const made: Trial[] = [];
  const counts = { train: 0, decide: 0 };
  let cutShort = false;
  const rounds: { share: number; points: number[] }[] = inner.train.length > MANY_ROWS ? [{ share: FIRST_SHARE, points: [...points.keys()] }, { share: 1, points: [] }] : [{ share: 1, points: [...points.keys()] }];
  for (const [round, { share, points: members }] of rounds.entries()) {
    const rows = takeShare(inner, share, seed);
    for (const trial of members) {
      // What is declared is always tried, so that there is something to choose.
      if (trial !== 0 && now() - started > seconds * 1000) {
        cutShort = true;
        break;
      }
      const began = now();
      const outcome = await train(withSettings(inner.predictor, points[trial]!), rows).then((trained) => {
        if (share === 1) Object.assign(counts, { train: trained.rows.train, decide: trained.rows.test });
        const score = trained.metrics[metric] ?? Number.NaN;
        return Number.isFinite(score) ? { score } : { score: null, failed: `${metric} could not be told` };
      }, (thrown: unknown) => ({ score: null, failed: thrown instanceof Error ? thrown.message : String(thrown) }));
      made.push({ trial, settings: points[trial]!, share, seconds: (now() - began) / 1000, ...outcome });
      onTrial?.(made.length, rounds.reduce((sum, { points: all }) => sum + all.length, 0));
    }
    const next = rounds[round + 1];
    if (next !== undefined) next.points = [...new Set([0, ...ranked(made.filter((trial) => trial.share === share), metric).slice(0, Math.max(2, Math.ceil(members.length * KEPT))).map(({ trial }) => trial)])];
  }
  const best = ranked(made.filter(({ share }) => share === 1), metric)[0];
  if (best === undefined) throw new MillraceError('bad_input', `no settings of ${predictor.name} could be measured: ${made[0]?.failed ?? 'there was no trial'}`, { where: `predictor ${predictor.name}`, todo: 'Give it more rows, or another space to search.' });
  return {
    predictor: withSettings(predictor, best.settings),
    tuning: { metric, seed, rows: counts, before: new Date(inner.before).toISOString(), trials: made, chosen: best.trial, cutShort },
  };
}

/** The best first; equal ones in the order of their numbers. */
function ranked(trials: readonly Trial[], metric: Metric): Trial[] {
  const sign = METRICS[metric] === 'higher' ? -1 : 1;
  return trials.filter(({ score }) => score !== null).toSorted((left, right) => sign * (left.score! - right.score!) || left.trial - right.trial);
}

function withSettings(predictor: Predictor, settings: Candidate): Predictor {
  return { ...predictor, algorithm: { ...predictor.algorithm, settings: { ...predictor.algorithm.settings, ...settings } } as Predictor['algorithm'] };
}

interface Inner {
  /** With windows of its own, whose last part decides. */
  predictor: Predictor;
  data: Dataset;
  /** Rows of `data` before the window that decides, and in it. */
  train: Uint32Array;
  decide: Uint32Array;
  before: number;
}

/** All rows whose labels are over before the test window begins, and nothing else. */
function beforeTheTest(predictor: Predictor, data: Dataset): Inner {
  const { split } = predictor;
  const { known } = byMaturity(data);
  const { testFrom } = splitByTime(Float64Array.from(known, (row) => data.times[row]!), split);
  const before = testFrom - durationOf(split.gap);
  const rows = known.filter((row) => data.times[row]! < before);
  const kept = rowsOf(data, rows);
  const last = kept.times.reduce((most, at) => Math.max(most, at), Number.NEGATIVE_INFINITY);
  const decideFrom = last + 1 - durationOf(split.validate);
  const all = Uint32Array.from(kept.times.keys());
  return {
    // Early stopping has a window of its own before it, so that the rows that decide have decided nothing yet.
    predictor: { ...predictor, split: { ...split, test: split.validate } },
    data: kept, before, train: all.filter((row) => kept.times[row]! < decideFrom), decide: all.filter((row) => kept.times[row]! >= decideFrom),
  };
}

/** This share of the rows that are learned from, and all that decide. */
function takeShare({ data, train, decide }: Inner, share: number, seed: number): Dataset {
  return share === 1 ? data : rowsOf(data, Uint32Array.from([...train.filter((row) => hashUniform(seed, row, 1) < share), ...decide]).sort());
}

function rowsOf({ entities, times, labels, columns, parts }: Dataset, rows: Uint32Array): Dataset {
  return {
    entities: Array.from(rows, (row) => entities[row]!), times: Float64Array.from(rows, (row) => times[row]!), labels: Float32Array.from(rows, (row) => labels[row]!),
    columns: columns.map((values) => Float32Array.from(rows, (row) => values[row]!)),
    ...(parts === undefined ? {} : { parts: Object.fromEntries(Object.entries(parts).map(([name, values]) => [name, Array.from(rows, (row) => values[row]!)])) }),
  };
}
