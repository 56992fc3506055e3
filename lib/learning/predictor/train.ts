// From a training set to a version: trained, measured on a later time, compared with the champion on the same rows and with a naive answer.
import { kindNamed, kindNameOf } from '../kinds/catalogue.ts';
import type { Batch, Measured, Trained, TrainOptions } from '../kinds/kind.ts';
import type { FittedModel } from '../kinds/model-file.ts';
import type { Dataset } from './dataset.ts';
import { METRICS, type Predictor } from './declare.ts';

export type TrainedVersion = Omit<Trained<unknown>, 'model'> & { model: FittedModel };

/** @throws `bad_input` where there are too few rows, or only one label. */
export async function trainPredictor(predictor: Predictor, data: Dataset, options: TrainOptions = {}): Promise<TrainedVersion> {
  const kind = kindNameOf(predictor.algorithm);
  const trained = await kindNamed(kind).train(predictor, predictor.algorithm, data, options);
  return { ...trained, model: { kind, model: trained.model } as FittedModel };
}

/** The metrics of a model on some rows of the test window: of a candidate, and of the champion on the same. */
export function measure(predictor: Predictor, { kind, model }: FittedModel, data: Dataset, rows: Uint32Array): Measured {
  return kindNamed(kind).measure(predictor, model, data, rows);
}

/** What a model answers for everybody whose answer is still open. */
export function batchOf(predictor: Predictor, { kind, model }: FittedModel, data: Dataset): Batch {
  return kindNamed(kind).batch(predictor, model, data);
}

export type GateVerdict = { passes: true } | { passes: false; reasons: string[] };

/** Whether a version may replace the champion: better than the naive answer, not worse than the champion on the same rows, and calibrated. */
export function throughGate({ gate }: Predictor, candidate: Readonly<Record<string, number>>, champion: Readonly<Record<string, number>> | undefined): GateVerdict {
  const reasons: string[] = [];
  const higher = METRICS[gate.metric] === 'higher';
  const [own, naive, other] = [candidate[gate.metric], candidate[`baseline_${gate.metric}`], champion?.[gate.metric]];
  if (own === undefined || Number.isNaN(own)) reasons.push(`${gate.metric} could not be measured: the test rows have one label only`);
  else {
    if (naive !== undefined && !(higher ? own > naive : own < naive)) reasons.push(`${gate.metric} is ${own.toFixed(4)}, no better than the naive baseline's ${naive.toFixed(4)}`);
    if (other !== undefined && (higher ? other - own : own - other) > gate.notWorseThanChampion) reasons.push(`${gate.metric} is ${own.toFixed(4)}, the champion's on the same rows ${other.toFixed(4)}`);
  }
  const error = candidate['calibration_error'];
  if (gate.calibrationError !== undefined && error !== undefined && error > gate.calibrationError) {
    reasons.push(`its probabilities are off by ${error.toFixed(3)} on average, more than ${gate.calibrationError}`);
  }
  return reasons.length === 0 ? { passes: true } : { passes: false, reasons };
}
