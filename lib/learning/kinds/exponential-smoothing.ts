// Demand as a kind of predictor: forecasts an item and period with bounds, beside the last value, the same period a season ago, and the mean of late.
import { MillraceError } from '../../base/index.ts';
import { demandQuality, forecastDemand, trainDemand, type DemandModel, type DemandSettings, type DemandTable } from '../smoothing/demand.ts';
import { durationOf } from '../split/by-time.ts';
import { byMaturity, spanOf, type Dataset } from '../predictor/dataset.ts';
import type { Algorithm, Predictor } from '../predictor/types.ts';
import type { Batch, Kind } from './kind.ts';
import { laterWindow } from './later-window.ts';

const TAG = 'exponential_smoothing';

export const exponentialSmoothingKind: Kind<Extract<Algorithm, { kind: typeof TAG }>, DemandModel> = {
  async train(predictor, { settings }, data) {
    const { known } = byMaturity(data);
    const parts = laterWindow(predictor, data, known);
    const period = durationOf(settings.period ?? '7d');
    const grid = gridOf(predictor, settings, data, period);
    const from = firstPeriod(grid, data, parts.test);
    const validate = Math.min(Math.floor(from / 3), Math.round(durationOf(predictor.split.validate) / period));
    if (validate < 1) throw new MillraceError('bad_input', `${from} periods before the test window are too few`, { where: `predictor ${predictor.name}`, todo: 'Give more of them, or a shorter test window.' });
    const model = trainDemand(grid.table, from, validate, settings, period, horizonOf(grid, data, from));
    const { units } = grid.table;
    return {
      model, ...exponentialSmoothingKind.measure(predictor, model, data, parts.test), testRows: parts.test, importance: [],
      baseline: 'the best of: the last value, the same period a season ago, the mean of thirteen periods',
      rows: { train: units.length * (from - validate), validate: units.length * validate, test: units.length * (grid.table.periods - from) },
      baseRate: units.reduce((sum, series) => sum + series.subarray(0, from).reduce((total, value) => total + value, 0), 0) / (units.length * from),
    };
  },

  measure(predictor, model, data, testRows) {
    const settings = settingsOf(predictor);
    const grid = gridOf(predictor, settings, data, model.period);
    const from = firstPeriod(grid, data, testRows);
    const { own, naive, coverage, coverageAhead, coverageOfTotal, noiseFloor } = demandQuality(model, grid.table, from, grid.table.periods - from, settings.season ?? 52);
    const least = (metric: keyof typeof own): number => Math.min(...Object.values(naive).map((quality) => quality[metric]));
    return {
      metrics: {
        ...own, baseline_rmse: least('rmse'), baseline_mae: least('mae'), baseline_pinball: least('pinball'), last_value_rmse: naive.last_value.rmse, seasonal_rmse: naive.seasonal.rmse, mean_rmse: naive.mean.rmse,
        noise_floor_rmse: noiseFloor, coverage, least_coverage_ahead: Math.min(...coverageAhead), most_coverage_ahead: Math.max(...coverageAhead), coverage_of_total: coverageOfTotal,
      },
      reliability: [],
    };
  },

  batch(predictor, model, data): Batch {
    const settings = settingsOf(predictor);
    const grid = gridOf(predictor, settings, data, model.period);
    const { open } = byMaturity(data);
    const ahead = Array.from(open, (row) => grid.periodOf(data.times[row]!) - grid.table.periods);
    const { items } = forecastDemand(model, grid.table, grid.table.periods, ahead.reduce((most, at) => Math.max(most, at), 0) + 1);
    return {
      columns: [
        { name: 'period_start', type: 'date', doc: 'First day of the period that is foretold.' },
        { name: 'expected', type: 'double', doc: 'Units expected.' },
        { name: 'low', type: 'double', doc: 'The confidence of the predictor, a share of the outcomes, falls between low and high, both included.' },
        { name: 'median', type: 'double', doc: 'As likely to be exceeded as not.' },
        { name: 'high', type: 'double', doc: 'See low.' },
      ],
      rows: [...open].map((row, index) => {
        const { expected, low, median, high } = items[grid.itemOf(row)]![ahead[index]!]!;
        return { entity: data.entities[row]!, values: [new Date(data.times[row]!).toISOString().slice(0, 10), expected, low, median, high] };
      }),
    };
  },
};

interface Grid {
  table: DemandTable;
  itemOf(row: number): number;
  periodOf(time: number): number;
}

/** The rows as units an item and period: an item without a row sold nothing in it. Periods end where rows begin whose label is not known. */
function gridOf({ name, entities }: Predictor, { group }: DemandSettings, data: Dataset, period: number): Grid {
  const groupAt = group === undefined ? undefined : entities.indexOf(group);
  if (groupAt === -1) throw new MillraceError('bad_input', `the group ${group} is not among the entities`, { where: `predictor ${name}`, todo: `Name one of ${entities.join(', ')}.` });
  const { known, open } = byMaturity(data);
  if (known.length === 0) throw new MillraceError('bad_input', `${name} knows of no sale before this date`, { where: `predictors/${name}.sql`, todo: 'Choose a date that has a history before it: --as-of.' });
  const { first } = spanOf(data, known);
  const periodOf = (time: number): number => {
    const at = (time - first) / period;
    if (!Number.isInteger(at)) throw new MillraceError('bad_input', `${new Date(time).toISOString()} is no whole number of periods after ${new Date(first).toISOString()}`, { where: `predictors/${name}.sql`, todo: 'Give at_time as the beginning of a period.' });
    return at;
  };
  const [items, groups] = [new Map<string, number>(), new Map<string, number>()];
  const groupOf: number[] = [];
  const itemOf = Int32Array.from(data.entities, (entity) => {
    const key = entity.join('\u0000');
    const found = items.get(key);
    if (found !== undefined) return found;
    const own = groupAt === undefined ? '' : entity[groupAt]!;
    if (!groups.has(own)) groups.set(own, groups.size);
    groupOf.push(groups.get(own)!);
    items.set(key, items.size);
    return items.size - 1;
  });
  const periods = open.length > 0 ? periodOf(spanOf(data, open).first) : periodOf(spanOf(data, known).last) + 1;
  const units = Array.from({ length: items.size }, () => new Float64Array(periods));
  for (const row of known) {
    const at = periodOf(data.times[row]!);
    if (at < periods) units[itemOf[row]!]![at]! += data.labels[row]!;
  }
  return { table: { periods, units, groups: Int32Array.from(groupOf) }, itemOf: (row) => itemOf[row]!, periodOf };
}

/** The furthest that is foretold: of the periods that are tested, and of those that are asked for. */
function horizonOf({ table, periodOf }: Grid, data: Dataset, from: number): number {
  const { open } = byMaturity(data);
  return Math.max(table.periods - from, open.length === 0 ? 1 : periodOf(spanOf(data, open).last) - table.periods + 1);
}

function firstPeriod({ periodOf }: Grid, data: Dataset, testRows: Uint32Array): number {
  const at = periodOf(spanOf(data, testRows).first);
  if (at < 2) throw new MillraceError('bad_input', 'nothing lies before the test window', { where: 'split', todo: 'give more periods, or a shorter test window' });
  return at;
}

function settingsOf({ algorithm }: Predictor): DemandSettings {
  return algorithm.kind === TAG ? algorithm.settings : {};
}
