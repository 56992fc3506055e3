// Anomalies as a kind of predictor: what stands out of daily series, measured by finding planted ones, beside the rule of so many standard deviations.
import { MillraceError } from '../../base/index.ts';
import { dayOf, judgeSeries, LEAST_KNOWN, plantAnomalies, trainUsual, type AnomalyModel, type DailySeries } from '../anomalies/robust.ts';
import { areaUnderCurve } from '../metrics/ranking.ts';
import { byMaturity, decimal, spanOf, type Dataset } from '../predictor/dataset.ts';
import type { Algorithm } from '../predictor/types.ts';
import type { Batch, Kind, Measured } from './kind.ts';
import { laterWindow } from './later-window.ts';

const TAG = 'robust_residual';

export const robustResidualKind: Kind<Extract<Algorithm, { kind: typeof TAG }>, AnomalyModel> = {
  async train(predictor, { settings: { window = 28, threshold = 4, scale = 'sqrt' } }, data) {
    const infinite = data.labels.findIndex((value) => value === Infinity || value === -Infinity);
    if (infinite >= 0) {
      throw new MillraceError('bad_input', `${predictor.name}: ${predictor.label} is infinite, of ${data.entities[infinite]!.join(', ')}`, { where: `predictors/${predictor.name}.sql`, todo: 'NULL stands for a figure that cannot be told; a ratio over 0 is one.' });
    }
    const parts = laterWindow(predictor, data, byMaturity(data).known);
    const before = dayOf(parts.testFrom);
    const series = new Map([...seriesOf(data)].flatMap(([key, daily]) => {
      const earlier = daily.values.subarray(0, Math.max(0, before - daily.first));
      const usual = trainUsual({ first: daily.first, values: earlier }, { window, scale });
      return usual === undefined ? [] : [[key, usual] as const];
    }));
    if (series.size === 0) {
      throw new MillraceError('bad_input', `${predictor.name}: no series has the ${LEAST_KNOWN} days with a value, before the test window, that say what is usual`, {
        where: `predictors/${predictor.name}.sql`, todo: `Train again when there is more history, or test a shorter time than ${predictor.split.test}.`,
      });
    }
    const model = { window, threshold, scale, series };
    return {
      model, ...measurePlanted(model, data, before), testRows: parts.test, importance: [], baseRate: 0, baseline: 'standard deviations from the mean of all days before',
      rows: { train: parts.before.length, validate: 0, test: parts.test.length },
    };
  },

  measure(_, model, data, testRows) {
    return measurePlanted(model, data, dayOf(spanOf(data, testRows).first));
  },

  batch(_, model, data): Batch {
    const rows: Batch['rows'] = [];
    for (const [key, daily] of seriesOf(data)) {
      const usual = model.series.get(key);
      if (usual === undefined) continue;
      judgeSeries(daily, usual, model).forEach(({ expected, score }, at) => {
        if (!(Math.abs(score) >= model.threshold)) return;
        rows.push({ entity: key.split('\u0000'), values: [new Date((daily.first + at) * 86_400_000).toISOString().slice(0, 10), expected, decimal(daily.values[at]!), score, score > 0 ? 'above' : 'below'] });
      });
    }
    return {
      columns: [
        { name: 'anomaly_date', type: 'date', doc: 'The business date that stands out.' },
        { name: 'expected', type: 'double', doc: 'What the weeks before and the weekday led to expect.' },
        { name: 'actual', type: 'double', doc: 'What it was.' },
        { name: 'score', type: 'double', doc: 'Robust standard deviations above (negative: below) what was expected, at least the threshold of the predictor.' },
        { name: 'direction', type: 'string', doc: 'above or below.' },
      ],
      rows,
    };
  },
};

function measurePlanted(model: AnomalyModel, data: Dataset, from: number): Measured {
  const planted = [...seriesOf(data)].flatMap(([key, daily], index) => {
    const usual = model.series.get(key);
    return usual === undefined ? [] : plantAnomalies(daily, usual, model, Math.max(0, from - daily.first), { seed: index });
  });
  const labels = planted.map((one) => (one.planted ? 1 : 0));
  const told = (scores: readonly number[], threshold: number, isPlanted: boolean): number => {
    const some = scores.filter((_, at) => planted[at]!.planted === isPlanted);
    return some.filter((score) => score >= threshold).length / Math.max(1, some.length);
  };
  const [own, naive] = [planted.map(({ score }) => score), planted.map((one) => one.naive)];
  return {
    metrics: {
      auc: areaUnderCurve(Float64Array.from(own), labels), baseline_auc: areaUnderCurve(Float64Array.from(naive), labels), planted: labels.filter((label) => label === 1).length,
      recall: told(own, model.threshold, true), false_alarms: told(own, model.threshold, false), baseline_recall: told(naive, 3, true), baseline_false_alarms: told(naive, 3, false),
    },
    reliability: [],
  };
}

/** A series an entity, from its first day to its last, NaN where a day has no row or no value. */
function seriesOf(data: Dataset): Map<string, DailySeries> {
  const days = new Map<string, Map<number, number>>();
  data.entities.forEach((entity, row) => {
    if (Number.isNaN(data.labels[row]!)) return;
    const key = entity.join('\u0000');
    const own = days.get(key) ?? new Map<number, number>();
    days.set(key, own.set(dayOf(data.times[row]!), data.labels[row]!));
  });
  return new Map([...days].map(([key, own]) => {
    const [first, last] = [Math.min(...own.keys()), Math.max(...own.keys())];
    return [key, { first, values: Float64Array.from({ length: last - first + 1 }, (_, at) => own.get(first + at) ?? Number.NaN) }];
  }));
}
