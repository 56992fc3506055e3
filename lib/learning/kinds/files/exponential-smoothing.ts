// Demand as a file: what was learned of the total, and how it is shared out.
import type { DemandModel } from '../../smoothing/demand.ts';
import { taggedModel, taggedText, type ModelFile } from './fields.ts';

const TAG = 'exponential_smoothing';
const VERSION = 1;

export const demandFile: ModelFile<DemandModel> = {
  write: ({ period, confidence, total: { season, alpha, beta, gamma, damping, hasTrend, deviation }, halfLife, shrinkage, dispersion }) => taggedText(TAG, VERSION, {
    period, confidence, total: { season, alpha, beta, gamma, damping, hasTrend, deviation }, halfLife, shrinkage, dispersion,
  }),
  read(text) {
    const fields = taggedModel(text, TAG, VERSION);
    const total = fields.child('total');
    const model: DemandModel = {
      period: fields.count('period'), confidence: fields.number('confidence'), halfLife: fields.number('halfLife'), shrinkage: fields.number('shrinkage'), dispersion: fields.number('dispersion'),
      total: {
        season: total.count('season'), alpha: total.number('alpha'), beta: total.number('beta'), gamma: total.number('gamma'), damping: total.number('damping'), hasTrend: total.flag('hasTrend'),
        deviation: total.number('deviation'),
      },
    };
    if (!(model.confidence > 0 && model.confidence < 1)) fields.refuse('confidence', `a confidence of ${model.confidence}`);
    if (model.period === 0 || model.total.season === 0) fields.refuse('period', 'a period or a season of no length');
    if (!(model.halfLife > 0 && model.shrinkage >= 0 && model.dispersion >= 0 && model.total.deviation >= 0)) fields.refuse('dispersion', 'a half-life, shrinkage, dispersion or deviation below 0');
    return model;
  },
};
