// How well true probabilities tell what happened: the best that any model can hope for.
import { log } from './numbers.ts';

export interface Quality {
  rows: number;
  positives: number;
  /** Area under the ROC curve, of log-odds rounded to a 64th of an octave. */
  auc: number;
  /** Mean negative log-likelihood, in nats. */
  log_loss: number;
  mean_probability: number;
}

const STEPS = 64;
const OCTAVES = 40;

/** Adds up (probability, outcome) pairs in bounded memory. */
export class QualityMeter {
  readonly #positives = new Float64Array(2 * OCTAVES * STEPS + 1);
  readonly #negatives = new Float64Array(2 * OCTAVES * STEPS + 1);
  #loss = 0;
  #sum = 0;

  add(probability: number, positive: boolean): void {
    const p = Math.min(1 - 1e-9, Math.max(1e-9, probability));
    const [logP, logQ] = [log(p), log(1 - p)];
    const bin = Math.round(((logP - logQ) / 0.6931471805599453) * STEPS) + OCTAVES * STEPS;
    (positive ? this.#positives : this.#negatives)[bin]!++;
    this.#loss -= positive ? logP : logQ;
    this.#sum += p;
  }

  result(): Quality {
    let positives = 0;
    let negatives = 0;
    let wins = 0;
    for (let bin = 0; bin < this.#positives.length; bin++) {
      wins += this.#positives[bin]! * (negatives + this.#negatives[bin]! / 2);
      positives += this.#positives[bin]!;
      negatives += this.#negatives[bin]!;
    }
    const rows = positives + negatives;
    return {
      rows,
      positives,
      auc: positives === 0 || negatives === 0 ? 0.5 : wins / (positives * negatives),
      log_loss: rows === 0 ? 0 : this.#loss / rows,
      mean_probability: rows === 0 ? 0 : this.#sum / rows,
    };
  }
}
