// Anomalies as a file: how each series usually goes.
import type { AnomalyModel } from '../../anomalies/robust.ts';
import { taggedModel, taggedText, type ModelFile } from './fields.ts';

const TAG = 'robust_residual';
const VERSION = 1;
const SCALES = ['none', 'sqrt', 'log'] as const;

export const anomalyFile: ModelFile<AnomalyModel> = {
  write: ({ window, threshold, scale, series }) => taggedText(TAG, VERSION, {
    window, threshold, scale, series: [...series].map(([key, { weekdays, deviation }]) => ({ key, weekdays, deviation })),
  }),
  read(text) {
    const fields = taggedModel(text, TAG, VERSION);
    const scale = SCALES.find((name) => name === fields.text('scale')) ?? fields.refuse('scale', `there is no scale ${fields.text('scale')}`);
    const series = fields.objects('series').map((one) => {
      const deviation = one.number('deviation');
      return [one.text('key'), { weekdays: one.numbers('weekdays', 7), deviation: deviation > 0 ? deviation : one.refuse('deviation', 'it is not above 0') }] as const;
    });
    return { window: fields.count('window'), threshold: fields.number('threshold'), scale, series: new Map(series) };
  },
};
