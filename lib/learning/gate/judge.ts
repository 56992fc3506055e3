// The gate: what a version must show before it answers, each demand with its figure and its bound.
import { METRICS, type Gate } from '../predictor/types.ts';
import type { SliceFigure } from './slices.ts';
import type { TestCount } from './tested.ts';

export interface GateCheck {
  /** `auc beside the champion's`, `calibration error`, … */
  check: string;
  figure: number;
  bound: number;
  must: 'more than' | 'less than' | 'at least' | 'at most';
  passes: boolean;
}

export interface GateVerdict {
  passes: boolean;
  checks: GateCheck[];
  /** Of the checks that failed, in words. */
  reasons: string[];
}

export interface GateFigures {
  /** On the test rows, with the naive baseline's as `baseline_<metric>`. */
  metrics: Readonly<Record<string, number>>;
  /** The champion's, on the same rows. */
  champion?: Readonly<Record<string, number>> | undefined;
  /** Of scoring one row, milliseconds. */
  latencyMs?: number | undefined;
  /** What it was tested on, beside the least that there must be. */
  tested?: readonly TestCount[] | undefined;
  /** Parts of the test rows, big enough, with both metrics. */
  slices?: readonly SliceFigure[] | undefined;
}

/** Generous: scoring takes microseconds, and a machine that is busy with other things must not keep a model out. */
export const DEFAULT_LATENCY_MS = 5;

/** Whether a version may replace the champion: tested on enough, better than the naive answer, not worse than the champion as a whole and in every part, calibrated, and quick. */
export function judgeVersion({ metric, notWorseThanChampion, calibrationError, latencyMs = DEFAULT_LATENCY_MS, slices }: Gate, { metrics, champion, latencyMs: taken, tested = [], slices: parts = [] }: GateFigures): GateVerdict {
  const isHigherBetter = METRICS[metric] === 'higher';
  const own = metrics[metric] ?? Number.NaN;
  const checks: GateCheck[] = tested.map(({ what, count, least }) => ({ check: `number of ${what}`, figure: count, bound: least, must: 'at least', passes: count >= least }));
  const beside = (check: string, figure: number, other: number | undefined, allowed: number): void => {
    if (other === undefined || Number.isNaN(other)) return;
    const bound = isHigherBetter ? other - allowed : other + allowed;
    checks.push({ check, figure, bound, must: isHigherBetter ? 'at least' : 'at most', passes: isHigherBetter ? figure >= bound : figure <= bound });
  };
  const atMost = (check: string, figure: number | undefined, bound: number | undefined): void => {
    if (figure !== undefined && bound !== undefined) checks.push({ check, figure, bound, must: 'at most', passes: figure <= bound });
  };
  if (Number.isNaN(own)) checks.push({ check: metric, figure: own, bound: Number.NaN, must: isHigherBetter ? 'at least' : 'at most', passes: false });
  else {
    const naive = metrics[`baseline_${metric}`];
    if (naive !== undefined) checks.push({ check: `${metric} beside the naive answer`, figure: own, bound: naive, must: isHigherBetter ? 'more than' : 'less than', passes: isHigherBetter ? own > naive : own < naive });
    beside(`${metric} beside the champion`, own, champion?.[metric], notWorseThanChampion);
  }
  atMost('calibration error', metrics['calibration_error'], calibrationError);
  atMost('milliseconds to score a row', taken, latencyMs);
  for (const { column, value, own: figure, champion: other } of parts) beside(`${metric} where ${column} is ${value}`, figure, other, slices?.notWorseThanChampion ?? 10 * notWorseThanChampion);
  return { passes: checks.every(({ passes }) => passes), checks, reasons: checks.flatMap((check) => (check.passes ? [] : [reasonOf(check)])) };
}

function reasonOf({ check, figure, bound, must }: GateCheck): string {
  return Number.isNaN(figure) ? `${check} could not be measured on the test rows${check === 'auc' ? ': they have one label only' : ''}` : `${check} is ${short(figure)}, and must be ${must} ${short(bound)}`;
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
