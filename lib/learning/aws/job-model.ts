// The model that a training job leaves: one file in a compressed tar, which XGBoost wrote.
import { gunzipSync } from 'node:zlib';
import { MillraceError, messageOf } from '../../base/index.ts';
import { readXgboost, type Predictor, type TreeModel } from '../index.ts';

const BLOCK = 512;

/** The trees of a job's `model.tar.gz`, under the names of the predictor's features. @throws `bad_input` where it is another predictor's, or none. */
export function jobModel(archive: Uint8Array, predictor: Predictor, where: string): TreeModel {
  const model = readXgboost(fileOf(archive, 'xgboost-model', where), { onlyBest: true });
  const wanted = predictor.algorithm.kind === 'gradient_boosting' ? predictor.algorithm.settings.objective ?? 'binary:logistic' : predictor.algorithm.kind;
  if (model.featureNames.length !== predictor.features.length || model.objective !== wanted) {
    throw new MillraceError('bad_input', `the job's model has ${model.featureNames.length} features and ${model.objective}; ${predictor.name} has ${predictor.features.length} and ${wanted}`, { where, todo: 'Train again.' });
  }
  return { ...model, featureNames: [...predictor.features] };
}

/** A file of a tar (POSIX ustar) by its name, whatever folder it is in. @throws `bad_input` for a damaged archive, or one that lacks it. */
export function fileOf(archive: Uint8Array, wanted: string, where: string): Uint8Array {
  const tar = unpacked(archive, where);
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const header = tar.subarray(at, at + BLOCK);
    const size = Number.parseInt(textOf(header, 124, 12), 8);
    const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
    if (sum !== Number.parseInt(textOf(header, 148, 8), 8) || !(size >= 0) || at + BLOCK + size > tar.length) throw damaged(where, 'a header or a file of it is cut off or overwritten');
    const isFile = header[156] === 0x30 || header[156] === 0;
    if (isFile && textOf(header, 0, 100).split('/').at(-1) === wanted) return tar.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new MillraceError('bad_input', `the archive has no file ${wanted}`, { where, todo: "Use SageMaker's own XGBoost container." });
}

function unpacked(archive: Uint8Array, where: string): Uint8Array {
  try {
    return gunzipSync(archive);
  } catch (cause) {
    throw damaged(where, messageOf(cause), cause);
  }
}

function textOf(header: Uint8Array, from: number, length: number): string {
  return new TextDecoder().decode(header.subarray(from, from + length)).replace(/\0.*$/s, '').trim();
}

function damaged(where: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError('bad_input', `the job's archive is damaged: ${why}`, { where, todo: 'Train again.', ...(cause === undefined ? {} : { cause }) });
}
