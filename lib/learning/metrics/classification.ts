// How good probabilities are: their loss, the decisions they lead to, and whether they happen as often as they say.
import { MillraceError } from '../../base/index.ts';

type Numbers = ArrayLike<number>;

function weightAt(weights: Numbers | undefined, row: number): number {
  return weights === undefined ? 1 : weights[row]!;
}

/** Refuses lists of unlike length, and empty ones. */
export function checkLengths(first: Numbers, second: Numbers): void {
  if (first.length === second.length && first.length > 0) return;
  throw new MillraceError('bad_input', `${first.length} answers for ${second.length} labels`, { where: 'a metric', todo: 'give one answer a label, and at least one' });
}

/** Mean negative log-likelihood in nats; probabilities are kept 1e-15 away from 0 and 1, so that one certain mistake is not infinite. */
export function logLoss(probabilities: Numbers, labels: Numbers, weights?: Numbers): number {
  checkLengths(probabilities, labels);
  let loss = 0;
  let total = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const probability = Math.min(Math.max(probabilities[row]!, 1e-15), 1 - 1e-15);
    const weight = weightAt(weights, row);
    loss -= weight * Math.log(labels[row] === 1 ? probability : 1 - probability);
    total += weight;
  }
  return loss / total;
}

/** Mean squared distance of the probabilities from what happened (Brier score). */
export function brierScore(probabilities: Numbers, labels: Numbers): number {
  checkLengths(probabilities, labels);
  let sum = 0;
  for (let row = 0; row < labels.length; row += 1) sum += (probabilities[row]! - labels[row]!) ** 2;
  return sum / labels.length;
}

export interface Decisions {
  truePositives: number;
  falsePositives: number;
  trueNegatives: number;
  falseNegatives: number;
  /** Share of the rows called positive that are; NaN if none is called so. */
  precision: number;
  /** Share of the positives that are called so; NaN if there are none. */
  recall: number;
  /** Harmonic mean of the two. */
  f1: number;
  accuracy: number;
}

/** What comes of calling positive whatever scores at least the threshold. */
export function decisionsAt(probabilities: Numbers, labels: Numbers, threshold: number): Decisions {
  checkLengths(probabilities, labels);
  let truePositives = 0;
  let falsePositives = 0;
  let falseNegatives = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const positive = probabilities[row]! >= threshold;
    if (labels[row] === 1) {
      if (positive) truePositives += 1;
      else falseNegatives += 1;
    } else if (positive) {
      falsePositives += 1;
    }
  }
  const trueNegatives = labels.length - truePositives - falsePositives - falseNegatives;
  return {
    truePositives, falsePositives, trueNegatives, falseNegatives,
    precision: truePositives / (truePositives + falsePositives), recall: truePositives / (truePositives + falseNegatives),
    f1: (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives), accuracy: (truePositives + trueNegatives) / labels.length,
  };
}

export interface ReliabilityBin {
  rows: number;
  /** Mean of what was said. */
  said: number;
  /** Share of positives: what happened. */
  happened: number;
}

export interface Calibration {
  /** Expected calibration error: mean distance between said and happened over the bins, weighted by rows (Naeini et al. 2015). */
  error: number;
  /** Bins of about the same number of rows, by ascending probability; equal probabilities are never parted. */
  bins: ReliabilityBin[];
}

/** Whether what is said with p happens in a share p of the cases. */
export function calibration(probabilities: Numbers, labels: Numbers, bins = 10): Calibration {
  checkLengths(probabilities, labels);
  const count = labels.length;
  const order = Uint32Array.from({ length: count }, (_, row) => row).sort((a, b) => probabilities[a]! - probabilities[b]! || a - b);
  const table: ReliabilityBin[] = [];
  let error = 0;
  let boundary = 1;
  for (let begin = 0; begin < count;) {
    // The next boundary that is not passed yet: many equal ones may have taken several bins' rows.
    while (Math.round((count * boundary) / bins) <= begin) boundary += 1;
    let end = Math.min(Math.round((count * boundary) / bins), count);
    while (end < count && probabilities[order[end]!] === probabilities[order[end - 1]!]) end += 1;
    end = Math.min(end, count);
    let said = 0;
    let happened = 0;
    for (let i = begin; i < end; i += 1) {
      said += probabilities[order[i]!]!;
      happened += labels[order[i]!]!;
    }
    table.push({ rows: end - begin, said: said / (end - begin), happened: happened / (end - begin) });
    error += Math.abs(said - happened) / count;
    begin = end;
  }
  return { error, bins: table };
}
