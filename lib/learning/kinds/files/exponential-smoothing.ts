// Demand as a file: what was learned of the total, and how it is shared out.
import type { DemandModel } from '../../smoothing/demand.ts';
import { taggedModel, taggedText, type BringUp, type ModelFile } from './fields.ts';

const TAG = 'exponential_smoothing';
const VERSION = 2;

export const demandFile: ModelFile<DemandModel> = {
  write: ({ period, confidence, total: { season, alpha, beta, gamma, damping, hasTrend, deviation }, halfLife, shrinkage, spread }) => taggedText(TAG, VERSION, {
    period, confidence, total: { season, alpha, beta, gamma, damping, hasTrend, deviation }, halfLife, shrinkage, spread,
  }),
  read(text) {
    const fields = taggedModel(text, TAG, VERSION, { 1: fromFirst });
    const total = fields.child('total');
    const spread = fields.child('spread');
    const below = spread.numbers('below');
    const model: DemandModel = {
      period: fields.count('period'), confidence: fields.number('confidence'), halfLife: fields.number('halfLife'), shrinkage: fields.number('shrinkage'),
      spread: { below, dispersions: spread.numbers('dispersions', below.length + 1), levels: spread.list('levels', below.length + 1).map((_, index) => spread.numbersWithin('levels', index)) },
      total: {
        season: total.count('season'), alpha: total.number('alpha'), beta: total.number('beta'), gamma: total.number('gamma'), damping: total.number('damping'), hasTrend: total.flag('hasTrend'),
        deviation: total.number('deviation'),
      },
    };
    if (!(model.confidence > 0 && model.confidence < 1)) fields.refuse('confidence', `a confidence of ${model.confidence}`);
    if (model.period === 0 || model.total.season === 0) fields.refuse('period', 'a period or a season of no length');
    if (!(model.halfLife > 0 && model.shrinkage >= 0 && model.total.deviation >= 0)) fields.refuse('halfLife', 'a half-life, shrinkage or deviation below 0');
    const { dispersions, levels } = model.spread;
    if (!(below.every((end, at) => at === 0 || end > below[at - 1]!) && dispersions.every((one) => one >= 0) && levels.every((some) => some.length > 0 && some.every((level) => level > 0 && level < 1)))) {
      fields.refuse('spread', 'classes that do not ascend, a dispersion below 0, or a level that is no share');
    }
    return model;
  },
};

/** The first version knew one dispersion for all, and as much of it was between the ends as was promised. */
const fromFirst: BringUp = ({ dispersion, ...model }) => ({ ...model, spread: { below: [], dispersions: [dispersion], levels: [[model['confidence']]] } });
