// Learning what to show next: opinions from earlier visits; what they are made of, and how much each counts, from later ones.
import { MillraceError } from '../../base/index.ts';
import { chooseWeights, NO_OPINION, type JudgedVisit } from './choose-weights.ts';
import { countTogether, neighboursOf, trainCoVisitation, type NeighbourSettings, type Together } from './co-visitation.ts';
import { factorisationOf, trainFactorisation, type Factorisation } from './factorisation.ts';
import type { Interactions } from './interactions.ts';
import { opinionsFor, withLookedAt, type Opinions, type OpinionWeights, type RecommenderModel } from './opinions.ts';
import { thinned, visitsBesideBetween, visitsBetween, type History } from './visits.ts';

export interface RecommenderSettings {
  /** Days after which a visit counts half for what is popular of late; a quarter of it for what is popular these days. Default 28. */
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

const DAY = 86_400_000;

/** What opinions are made of besides the settings. */
interface Shape {
  /** Days after which what somebody had to do with counts by 1/e. */
  fades: number;
  /** How much a neighbour's own popularity counts against it. */
  penalty: number;
}

const SHAPE: Shape = { fades: 30, penalty: 0.5 };
/** Tried one after the other, each on top of what is best by then. */
const OTHER_SHAPES: readonly Partial<Shape>[] = [{ penalty: 0.2 }, { fades: 7 }];

/** Where no later visit says how much each counts: near to what is popular, from which little is lost where there is nothing to learn. */
const UNCHOSEN: OpinionWeights = { ...NO_OPINION, again: 1, beside: 0.3, popular: 1 };
/** Beside an item its neighbours have their say whatever later visits tell, since that is what was asked for; what was looked at before does not come back. */
const UNCHOSEN_BESIDE: OpinionWeights = { ...NO_OPINION, beside: 1, popular: 0.3 };
const COUNT_BESIDE = ['popular', 'lately', 'always', 'taste'] as const;
/** In most shops people come back to what they looked at, and a few dozen visits do not tell by how much; many tell where they do not. */
const BEGINNING: OpinionWeights = { ...NO_OPINION, again: 1, popular: 1 };
const OTHER_BEGINNINGS: readonly OpinionWeights[] = [{ ...NO_OPINION, popular: 1 }, { ...NO_OPINION, lately: 1 }, { ...NO_OPINION, always: 1 }];
const COUNT_LATER = ['always', 'lately', 'popular', 'again', 'beside', 'taste'] as const;

const MOST_VISITS = 2_000;

/** Learns from entries before `until` (milliseconds); what opinions are made of and how much they count is chosen on the visits of the time from `chooseFrom` on. */
export function trainRecommender(history: History, chooseFrom: number, until: number, settings: RecommenderSettings = {}): RecommenderModel {
  const seed = settings.seed ?? 0;
  const later = thinned(visitsBetween(history, chooseFrom, until), MOST_VISITS, seed);
  const beside = thinned(visitsBesideBetween(history, chooseFrom, until, seed), MOST_VISITS, seed);
  if (later.length === 0) return { ...shaped(learned(history, until, settings), SHAPE, settings), weights: UNCHOSEN, besideWeights: UNCHOSEN_BESIDE };
  const early = learned(history, chooseFrom, settings);
  const chosenFor = (shape: Shape) => {
    const opinions = shaped(early, shape, settings);
    const judged = judgedBy(opinions, later.map(({ before, taken }) => ({ met: before, taken })));
    return { shape, opinions, ...chooseWeights(judged, BEGINNING, COUNT_LATER, OTHER_BEGINNINGS) };
  };
  let chosen = chosenFor(SHAPE);
  for (const change of OTHER_SHAPES) {
    const other = chosenFor({ ...chosen.shape, ...change });
    if (other.gain > chosen.gain) chosen = other;
  }
  const besides = beside.map(({ before, item, taken }) => ({ met: withLookedAt(before, item), taken, hide: new Set([item]) }));
  return {
    ...shaped(learned(history, until, settings), chosen.shape, settings), weights: chosen.weights,
    besideWeights: besides.length === 0 ? UNCHOSEN_BESIDE : chooseWeights(judgedBy(chosen.opinions, besides), UNCHOSEN_BESIDE, COUNT_BESIDE).weights,
  };
}

function judgedBy(opinions: Opinions, visits: readonly { met: Parameters<typeof opinionsFor>[1]; taken: ReadonlySet<number>; hide?: ReadonlySet<number> }[]): JudgedVisit[] {
  return visits.map(({ met, taken, hide }) => ({ taken, ...opinionsFor(opinions, met, hide) }));
}

/** All that takes long to learn, and depends on no shape. */
interface Learned extends Pick<Opinions, 'items' | 'popular' | 'lately' | 'always' | 'tastes'> { together: Together }

function learned({ user, item, weight, at, users, items }: History, until: number, { halfLife = 28, factors = 16, seed = 0 }: RecommenderSettings): Learned {
  const rows = Uint32Array.from(at.keys()).filter((row) => at[row]! < until);
  if (rows.length === 0) throw new MillraceError('bad_input', 'there is nothing to learn recommendations from', { where: 'the training set', todo: 'Give it a longer time.' });
  const interactions = { users, items: items.length, user: Int32Array.from(rows, (row) => user[row]!), item: Int32Array.from(rows, (row) => item[row]!), weight: Float32Array.from(rows, (row) => weight[row]!) };
  const popularity = (days: number): Float64Array => {
    const sums = new Float64Array(items.length);
    for (const row of rows) sums[item[row]!]! += weight[row]! * 0.5 ** ((until - at[row]!) / DAY / days);
    const most = sums.reduce((greatest, value) => Math.max(greatest, value), 0);
    // Long ago is nothing at all where the last visit is older than many half-lives.
    return most > 0 ? sums.map((value) => rounded(value / most)) : sums;
  };
  const trained = trainFactorisation(ofSeveralItems(interactions), { factors: Math.min(factors, items.length), seed });
  return {
    items, popular: popularity(halfLife), lately: popularity(halfLife / 4), always: popularity(Infinity), tastes: roundedTastes(trained, items.length),
    together: countTogether(interactions, Float64Array.from(rows, (row) => at[row]!)),
  };
}

/** Six digits say as much as is known, and make a model's file half as long. */
const rounded = (value: number): number => Number(value.toPrecision(6));

function roundedTastes({ factors, itemFactors }: Factorisation, items: number): Factorisation {
  return factorisationOf(factors, items, itemFactors.map(rounded));
}

function shaped({ together, ...opinions }: Learned, { fades, penalty }: Shape, { neighbours: keep = 30 }: RecommenderSettings): Opinions {
  return { ...opinions, fades, neighbours: nearest(together, { keep, penalty, shrinkage: 2 }) };
}

function nearest(together: Together, settings: NeighbourSettings): { item: number; score: number }[][] {
  return neighboursOf(together, settings).map((near) => near.map(({ item, score }) => ({ item, score: rounded(score) })));
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
  const sums = new Float64Array(items.size);
  for (const { item, weight } of rows) sums[items.get(item)!]! += weight;
  const most = sums.reduce((greatest, value) => Math.max(greatest, value), 1);
  const popular = sums.map((value) => value / most);
  return {
    items: [...items.keys()], popular, lately: popular, always: popular, neighbours: trainCoVisitation(interactions).neighbours, tastes: factorisationOf(0, items.size, new Float64Array(0)), fades: SHAPE.fades,
    weights: UNCHOSEN, besideWeights: UNCHOSEN_BESIDE,
  };
}

function numbered(names: readonly string[]): Map<string, number> {
  return new Map([...new Set(names)].map((name, index) => [name, index]));
}
