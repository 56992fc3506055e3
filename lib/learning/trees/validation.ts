// Scores of validation rows after each round, summed in fixed blocks so that the number of threads cannot change the last bit.
import { areaUnderCurve } from '../metrics/ranking.ts';
import { shareOf, type Team } from '../threads/team.ts';
import type { EvaluationMetric } from './boosting-settings.ts';
import { sharedFloats, type SharedRows } from './shared-data.ts';

const BLOCK = 4096;

/** What the threads write of the validation rows. */
export interface SharedValidation {
  data: SharedRows;
  margins: Float32Array;
  /** Loss and weight a block. */
  sums: Float64Array;
  area: Float64Array;
}

export function shareValidation(data: SharedRows): SharedValidation {
  const doubles = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(length * 8));
  return { data, margins: sharedFloats(data.rows), sums: doubles(2 * Math.ceil(data.rows / BLOCK)), area: doubles(1) };
}

export function isBetter(metric: EvaluationMetric, score: number, than: number): boolean {
  return metric === 'auc' ? score > than : score < than;
}

/** The metric over all validation rows; every thread calls it when the margins of its share are up to date, and all get the same number. */
export function scoreValidation({ data, margins, sums, area }: SharedValidation, metric: EvaluationMetric, quantile: number, team: Team): number {
  const { labels, weights } = data;
  team.barrier();
  if (metric === 'auc') {
    if (team.index === 0) area[0] = areaUnderCurve(margins, labels, weights);
    team.barrier();
    return area[0]!;
  }
  const blocks = sums.length / 2;
  const { begin, end } = shareOf(blocks, team);
  for (let block = begin; block < end; block += 1) {
    let loss = 0;
    let total = 0;
    for (let row = block * BLOCK; row < Math.min((block + 1) * BLOCK, data.rows); row += 1) {
      const weight = weights === undefined ? 1 : weights[row]!;
      loss += weight * lossOf(metric, margins[row]!, labels[row]!, quantile);
      total += weight;
    }
    sums[2 * block] = loss;
    sums[2 * block + 1] = total;
  }
  team.barrier();
  let loss = 0;
  let total = 0;
  for (let block = 0; block < blocks; block += 1) {
    loss += sums[2 * block]!;
    total += sums[2 * block + 1]!;
  }
  return metric === 'rmse' ? Math.sqrt(loss / total) : loss / total;
}

function lossOf(metric: Exclude<EvaluationMetric, 'auc'>, margin: number, label: number, quantile: number): number {
  const off = label - margin;
  switch (metric) {
    // ln(1 + e^m) - y m, written so that a large margin does not overflow.
    case 'logloss': return (margin > 0 ? margin + Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin))) - label * margin;
    case 'rmse': return off * off;
    case 'mae': return Math.abs(off);
    case 'pinball': return off >= 0 ? quantile * off : (quantile - 1) * off;
  }
}
