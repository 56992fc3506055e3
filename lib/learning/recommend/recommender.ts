// Learning what to show next: opinions from earlier visits, their weights from later ones, and how good the lists are on those after.
import { MillraceError } from '../../base/index.ts';
import { hashUniform } from '../random.ts';
import { trainCoVisitation } from './co-visitation.ts';
import { discountedGainAt, recallAt } from './evaluation.ts';
import { factorisationOf, trainFactorisation } from './factorisation.ts';
import { best, type Interactions } from './interactions.ts';
import { opinionsFor, recommendTo, type Met, type Opinions, type OpinionWeights, type RecommenderModel } from './opinions.ts';

export interface RecommenderSettings {
  /** Days after which a visit counts half for what is popular. Default 28. */
  halfLife?: number;
  /** Neighbours kept an item. Default 30. */
  neighbours?: number;
  /** Numbers a taste has. Default 16. */
  factors?: number;
  /** Recommendations a visitor in the table of the batch. Default 10. */
  listed?: number;
  /** Visitors seen in the last so many days get a list in the batch. Default 30. */
  recentDays?: number;
  /** Default 0. */
  seed?: number;
}

/** Visits of one person on one day, and all that was known of them before. */
export interface Visit { before: readonly Met[]; taken: ReadonlySet<number> }

export interface History { user: Int32Array; item: Int32Array; weight: Float32Array; at: Float64Array; users: number; items: readonly string[] }

const DAY = 86_400_000;
/** Where no later visit says how much each counts: near to what is popular, from which little is lost where there is nothing to learn. */
const UNCHOSEN: OpinionWeights = { again: 1, beside: 0.3, taste: 0, popular: 1 };

/** Learns from entries before `until` (milliseconds); the weights are chosen on those of the time from `chooseFrom` on. */
export function trainRecommender(history: History, chooseFrom: number, until: number, settings: RecommenderSettings = {}): RecommenderModel {
  const early = learnOpinions(history, chooseFrom, settings);
  const visits = thinned(visitsBetween(history, chooseFrom, until), MOST_VISITS, settings.seed ?? 0);
  return { ...learnOpinions(history, until, settings), weights: visits.length === 0 ? UNCHOSEN : bestWeights(early, visits) };
}

function learnOpinions({ user, item, weight, at, users, items }: History, until: number, { halfLife = 28, neighbours = 30, factors = 16, seed = 0 }: RecommenderSettings): Opinions {
  const rows = Uint32Array.from(at.keys()).filter((row) => at[row]! < until);
  if (rows.length === 0) throw new MillraceError('bad_input', 'there is nothing to learn recommendations from', { where: 'the training set', todo: 'Give it a longer time.' });
  const interactions = { users, items: items.length, user: Int32Array.from(rows, (row) => user[row]!), item: Int32Array.from(rows, (row) => item[row]!), weight: Float32Array.from(rows, (row) => weight[row]!) };
  const popular = new Float64Array(items.length);
  for (const row of rows) popular[item[row]!]! += weight[row]! * 0.5 ** ((until - at[row]!) / DAY / halfLife);
  const most = popular.reduce((greatest, value) => Math.max(greatest, value), 0);
  const trained = trainFactorisation(ofSeveralItems(interactions), { factors: Math.min(factors, items.length), seed });
  // Six digits say as much as is known, and make a model's file half as long.
  return {
    items, popular: popular.map((value) => rounded(value / most)), tastes: factorisationOf(trained.factors, items.length, trained.itemFactors.map(rounded)),
    neighbours: trainCoVisitation(interactions, { keep: neighbours }).neighbours.map((near) => near.map(({ item: other, score }) => ({ item: other, score: rounded(score) }))),
  };
}

/** Those of users who met two items or more: one alone says nothing of what goes together, and in most shops nearly all visitors are such. All, where nobody met two. */
function ofSeveralItems({ users, items, user, item, weight }: Interactions): Interactions {
  const first = new Int32Array(users).fill(-1);
  const numbers = new Int32Array(users).fill(-1);
  let several = 0;
  user.forEach((who, row) => {
    if (first[who] === -1) first[who] = item[row]!;
    else if (numbers[who] === -1 && first[who] !== item[row]) numbers[who] = several++;
  });
  if (several === 0) return { users, items, user, item, weight };
  const rows = Uint32Array.from(user.keys()).filter((row) => numbers[user[row]!]! >= 0);
  return { users: several, items, user: Int32Array.from(rows, (row) => numbers[user[row]!]!), item: Int32Array.from(rows, (row) => item[row]!), weight: Float32Array.from(rows, (row) => weight[row]!) };
}

/** Neighbours and what is popular, from interactions as they stand: for as long as no model was trained. */
export function untrainedRecommender(rows: readonly { visitor: string; item: string; weight: number }[]): RecommenderModel {
  const [visitors, items] = [numbered(rows.map(({ visitor }) => visitor)), numbered(rows.map(({ item }) => item))];
  const interactions = {
    users: visitors.size, items: items.size, user: Int32Array.from(rows, ({ visitor }) => visitors.get(visitor)!), item: Int32Array.from(rows, ({ item }) => items.get(item)!), weight: Float32Array.from(rows, ({ weight }) => weight),
  };
  const popular = new Float64Array(items.size);
  for (const { item, weight } of rows) popular[items.get(item)!]! += weight;
  const most = popular.reduce((greatest, value) => Math.max(greatest, value), 1);
  return {
    items: [...items.keys()], popular: popular.map((value) => value / most), neighbours: trainCoVisitation(interactions).neighbours, tastes: factorisationOf(0, items.size, new Float64Array(0)),
    weights: UNCHOSEN,
  };
}

function numbered(names: readonly string[]): Map<string, number> {
  return new Map([...new Set(names)].map((name, index) => [name, index]));
}

const rounded = (value: number): number => Number(value.toPrecision(6));

const MOST_VISITS = 1_000;
const MOST_MEASURED = 10_000;
const COMBINATIONS: readonly OpinionWeights[] = [0, 0.5, 1, 3].flatMap((again) => [0, 0.3, 1].flatMap((beside) => [0, 0.3, 1].flatMap((taste) => [0.1, 1].map((popular) => ({ again, beside, taste, popular })))));

/** The combination with the greatest discounted gain of ten; of equals the first, which asks for less. */
function bestWeights(model: Opinions, visits: readonly Visit[]): OpinionWeights {
  const gains = COMBINATIONS.map(() => 0);
  for (const { before, taken } of visits) {
    const { candidates, opinions, hidden } = opinionsFor(model, before);
    const [agains, besides, tastes, populars] = opinions as [Float64Array, Float64Array, Float64Array, Float64Array];
    const scores = new Float64Array(candidates.length);
    COMBINATIONS.forEach(({ again, beside, taste, popular }, index) => {
      for (let at = 0; at < scores.length; at += 1) scores[at] = again * agains[at]! + beside * besides[at]! + taste * tastes[at]! + popular * populars[at]!;
      gains[index]! += discountedGainAt(best(scores, 10, hidden).map((at) => candidates[at]!), taken, 10);
    });
  }
  const most = Math.max(...gains);
  return COMBINATIONS[gains.findIndex((gain) => gain >= most - 1e-12)]!;
}

export interface RecommenderQuality { visits: number; recall: number; gain: number }

/** Recall and discounted gain of ten over visits (at most about ten thousand) by people who had been there before: of the model, of what is popular, of neighbours alone, of tastes alone. */
export function recommenderQuality(model: RecommenderModel, history: History, from: number, to: number): Record<'own' | 'popular' | 'neighbours' | 'tastes', RecommenderQuality> {
  const visits = thinned(visitsBetween(history, from, to), MOST_MEASURED, 0);
  const only = (weights: Partial<OpinionWeights>): RecommenderModel => ({ ...model, weights: { again: 0, beside: 0, taste: 0, popular: 0, ...weights } });
  const quality = (of: RecommenderModel): RecommenderQuality => {
    const lists = visits.map(({ before, taken }) => ({ taken, list: recommendTo(of, before, 10).map(({ item }) => item) }));
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    return { visits: visits.length, recall: mean(lists.map(({ list, taken }) => recallAt(list, taken, 10))), gain: mean(lists.map(({ list, taken }) => discountedGainAt(list, taken, 10))) };
  };
  // Popularity fills in where neighbours have nothing to say.
  return { own: quality(model), popular: quality(only({ popular: 1 })), neighbours: quality(only({ beside: 1, popular: 1e-6 })), tastes: quality(only({ taste: 1, popular: 1e-6 })) };
}

/** Visits (a person and a day) of a span of time, of people with something before; only items that were known at its beginning can be recommended, all count. */
export function visitsBetween({ user, item, weight, at, users }: History, from: number, to: number): Visit[] {
  const byUser = Array.from({ length: users }, (): number[] => []);
  at.forEach((time, row) => {
    if (time < to) byUser[user[row]!]!.push(row);
  });
  return byUser.flatMap((rows) => {
    rows.sort((left, right) => at[left]! - at[right]! || item[left]! - item[right]!);
    const found: Visit[] = [];
    for (let begin = 0; begin < rows.length;) {
      const day = at[rows[begin]!]!;
      let end = begin;
      while (end < rows.length && at[rows[end]!] === day) end += 1;
      if (day >= from && begin > 0) {
        found.push({ before: rows.slice(0, begin).map((row) => ({ item: item[row]!, weight: weight[row]!, at: at[row]! })), taken: new Set(rows.slice(begin, end).map((row) => item[row]!)) });
      }
      begin = end;
    }
    return found;
  });
}

/** All of them, or a seeded sample of about so many. */
function thinned(visits: readonly Visit[], most: number, seed: number): readonly Visit[] {
  return visits.length <= most ? visits : visits.filter((_, index) => hashUniform(seed, index, 3) < most / visits.length);
}
