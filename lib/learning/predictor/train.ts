// From a training set to a version: trained, measured on a later time, compared with the champion on the same rows and with a naive answer.
import { MillraceError } from '../../base/index.ts';
import { kindNamed, kindNameOf } from '../kinds/catalogue.ts';
import type { Batch, Measured, Trained, TrainOptions } from '../kinds/kind.ts';
import type { FittedModel } from '../kinds/model-file.ts';
import type { Dataset } from './dataset.ts';
import type { Predictor } from './types.ts';

export type TrainedVersion = Omit<Trained<unknown>, 'model'> & { model: FittedModel };

/** @throws `bad_input` where there are too few rows, or only one label. */
export async function trainPredictor(predictor: Predictor, data: Dataset, options: TrainOptions = {}): Promise<TrainedVersion> {
  const kind = kindNameOf(predictor.algorithm);
  if (options.grown !== undefined && predictor.algorithm.kind !== 'gradient_boosting') {
    throw new MillraceError('unsupported', `${predictor.name} is ${predictor.algorithm.kind}, and is trained in process only`, { where: predictor.name, todo: 'Give grown trees to gradient boosting.' });
  }
  const trained = await kindNamed(kind).train(predictor, predictor.algorithm, data, options);
  return { ...trained, metrics: measurable(trained.metrics), model: { kind, model: trained.model } as FittedModel };
}

/** The metrics of a model on some rows of the test window: of a candidate, and of the champion on the same. */
export function measure(predictor: Predictor, { kind, model }: FittedModel, data: Dataset, rows: Uint32Array): Measured {
  const measured = kindNamed(kind).measure(predictor, model, data, rows);
  return { ...measured, metrics: measurable(measured.metrics) };
}

/** Without those that could not be measured: an area under the curve of rows of one answer is no number. */
function measurable(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
}

/** What a model answers for everybody whose answer is still open. */
export function batchOf(predictor: Predictor, { kind, model }: FittedModel, data: Dataset): Batch {
  return kindNamed(kind).batch(predictor, model, data);
}
