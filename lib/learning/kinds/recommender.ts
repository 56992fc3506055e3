// Recommendations as a kind of predictor: lists of ten for people who come back, on a later time, beside what is popular.
import { MillraceError } from '../../base/index.ts';
import { recommendTo, type Met, type RecommenderModel } from '../recommend/opinions.ts';
import { recommenderQuality } from '../recommend/quality.ts';
import { trainRecommender, type RecommenderSettings } from '../recommend/recommender.ts';
import type { History } from '../recommend/visits.ts';
import { byMaturity, spanOf, type Dataset } from '../predictor/dataset.ts';
import type { Algorithm, Predictor } from '../predictor/types.ts';
import type { Batch, Kind, Measured } from './kind.ts';
import { laterWindow } from './later-window.ts';

const TAG = 'recommender';
const DAY = 86_400_000;

/** Its entities are who and what, in this order; the label is how much they had to do with each other on that day. */
export const recommenderKind: Kind<Extract<Algorithm, { kind: typeof TAG }>, RecommenderModel> = {
  async train(predictor, { settings }, data) {
    const parts = laterWindow(predictor, data, byMaturity(data).known);
    const earlier = spanOf(data, parts.validate).first;
    const { history } = historyOf(data);
    const model = trainRecommender(withItemsBefore(history, parts.testFrom), earlier, parts.testFrom, settings);
    const measured = recommenderKind.measure(predictor, model, data, parts.test);
    if (measured.metrics['visits'] === 0) {
      throw new MillraceError('bad_input', `${predictor.name} cannot be measured: nobody who had come before came again from ${new Date(parts.testFrom).toISOString().slice(0, 10)} on`, {
        where: `predictors/${predictor.name}.sql`, todo: 'Train again when more visitors have come back, or test a longer time.',
      });
    }
    return {
      model, ...measured, testRows: parts.test, baseline: 'the best of: what is popular of the last days, of the last weeks, and always', baseRate: 0,
      importance: Object.entries(model.weights).map(([feature, loss]) => ({ feature, loss })).sort((left, right) => right.loss - left.loss),
      rows: { train: parts.train.length, validate: parts.validate.length, test: parts.test.length },
    };
  },

  measure(_, model, data, testRows): Measured {
    const { first, last } = spanOf(data, testRows);
    const { later, beside } = recommenderQuality(model, asModelKnows(historyOf(data).history, model), first, last + 1);
    return {
      metrics: {
        recall_at_10: later.own.recall, ndcg_at_10: later.own.gain, baseline_recall_at_10: later.popular.recall, baseline_ndcg_at_10: later.popular.gain, co_visitation_recall_at_10: later.neighbours.recall,
        co_visitation_ndcg_at_10: later.neighbours.gain, factorisation_recall_at_10: later.tastes.recall, factorisation_ndcg_at_10: later.tastes.gain, visits: later.visits,
        beside_recall_at_10: beside.own.recall, beside_ndcg_at_10: beside.own.gain, popular_beside_recall_at_10: beside.popular.recall, popular_beside_ndcg_at_10: beside.popular.gain, visits_beside: beside.visits,
      },
      reliability: [],
    };
  },

  batch(predictor, model, data): Batch {
    const { listed = 10, recentDays = 30 } = settingsOf(predictor);
    const { history, names } = historyOf(data);
    const known = asModelKnows(history, model);
    const newest = known.at.reduce((latest, at) => Math.max(latest, at), 0);
    const rows: Batch['rows'] = [];
    metByUser(known).forEach((before, user) => {
      if (!before.some(({ at }) => at > newest - recentDays * DAY)) return;
      recommendTo(model, before, listed).forEach(({ item, score }, rank) => rows.push({ entity: [names[user]!, model.items[item]!], values: [rank + 1, score] }));
    });
    return {
      columns: [{ name: 'rank', type: 'long', doc: 'Place on the visitor\'s list, 1 first.' }, { name: 'score', type: 'double', doc: 'Sum of the opinions, each 0 to 1 times its weight; comparable within one visitor\'s list.' }],
      rows,
    };
  },
};

function historyOf(data: Dataset): { history: History; names: string[] } {
  const { known } = byMaturity(data);
  const [people, items] = [new Map<string, number>(), new Map<string, number>()];
  const numberOf = (numbers: Map<string, number>, name: string): number => {
    const found = numbers.get(name);
    if (found !== undefined) return found;
    numbers.set(name, numbers.size);
    return numbers.size - 1;
  };
  const user = Int32Array.from(known, (row) => numberOf(people, data.entities[row]![0]!));
  const item = Int32Array.from(known, (row) => numberOf(items, data.entities[row]![1]!));
  return {
    history: { user, item, weight: Float32Array.from(known, (row) => data.labels[row]!), at: Float64Array.from(known, (row) => data.times[row]!), users: people.size, items: [...items.keys()] },
    names: [...people.keys()],
  };
}

/** Without items that nobody had to do with before a moment: a model cannot know of them. */
function withItemsBefore(history: History, until: number): History {
  const kept = new Set<string>();
  history.at.forEach((at, row) => {
    if (at < until) kept.add(history.items[history.item[row]!]!);
  });
  const items = [...kept].sort();
  const at = new Map(items.map((name, index) => [name, index]));
  const rows = Uint32Array.from(history.at.keys()).filter((row) => history.at[row]! < until);
  return {
    ...history, items, user: Int32Array.from(rows, (row) => history.user[row]!), weight: Float32Array.from(rows, (row) => history.weight[row]!), at: Float64Array.from(rows, (row) => history.at[row]!),
    item: Int32Array.from(rows, (row) => at.get(history.items[history.item[row]!]!)!),
  };
}

/** By the model's numbers; items it does not know get numbers behind its own: they count as missed, and tell it nothing. */
function asModelKnows(history: History, { items }: RecommenderModel): History {
  const known = new Map(items.map((name, index) => [name, index]));
  const unknown = history.items.filter((name) => !known.has(name));
  unknown.forEach((name, index) => known.set(name, items.length + index));
  return { ...history, item: history.item.map((item) => known.get(history.items[item]!)!) };
}

function metByUser({ user, item, weight, at, users }: History): Met[][] {
  const met = Array.from({ length: users }, (): Met[] => []);
  user.forEach((who, row) => met[who]!.push({ item: item[row]!, weight: weight[row]!, at: at[row]! }));
  return met;
}

function settingsOf({ algorithm }: Predictor): RecommenderSettings {
  return algorithm.kind === TAG ? algorithm.settings : {};
}
