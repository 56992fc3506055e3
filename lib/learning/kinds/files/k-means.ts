// Segments as a file: scale, centres and names.
import type { SegmentModel } from '../../clusters/segments.ts';
import { taggedModel, taggedText, type ModelFile } from './fields.ts';

const TAG = 'k_means';
const VERSION = 1;

export const segmentFile: ModelFile<SegmentModel> = {
  write: ({ featureNames, means, deviations, centres, inertia, names }) => taggedText(TAG, VERSION, { featureNames, means, deviations, centres, inertia, names }),
  read(text) {
    const fields = taggedModel(text, TAG, VERSION);
    const featureNames = fields.texts('featureNames');
    const width = featureNames.length;
    const model = { featureNames, means: fields.numbers('means', width), deviations: fields.numbers('deviations', width), centres: fields.matrix('centres', width), inertia: fields.number('inertia'), names: fields.texts('names') };
    if (model.deviations.some((deviation) => !(deviation > 0))) fields.refuse('deviations', 'a deviation is not above 0');
    if (width === 0 || model.centres.length === 0 || model.names.length !== model.centres.length) fields.refuse('centres', `${model.centres.length} centres of ${width} features with ${model.names.length} names`);
    return model;
  },
};
