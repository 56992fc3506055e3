// How good lists are on later visits: of the model, of what is popular, of neighbours and of tastes alone; for who comes again, and beside an item that somebody looks at.
import { NO_OPINION } from './choose-weights.ts';
import { discountedGainAt, recallAt } from './evaluation.ts';
import { opinionsFor, OPINIONS, rankedBy, withLookedAt, type OpinionWeights, type RecommenderModel } from './opinions.ts';
import { thinned, visitsBesideBetween, visitsBetween, type History } from './visits.ts';

export interface ListQuality { recall: number; gain: number }

export interface ListQualities {
  visits: number;
  own: ListQuality;
  /** The best of what is popular of the last days, of late, and always. */
  popular: ListQuality;
  neighbours: ListQuality;
  tastes: ListQuality;
}

const MOST_MEASURED = 10_000;
const POPULARITIES = ['popular', 'lately', 'always'] as const;

/** Recall and discounted gain of ten over visits of a span of time (at most about ten thousand). Popularity fills in where neighbours or tastes have nothing to say. */
export function recommenderQuality(model: RecommenderModel, history: History, from: number, to: number): { later: ListQualities; beside: ListQualities } {
  const later = thinned(visitsBetween(history, from, to), MOST_MEASURED, 0);
  const beside = thinned(visitsBesideBetween(history, from, to, 0), MOST_MEASURED, 1);
  return {
    later: qualities(model, model.weights, later.map(({ before, taken }) => ({ taken, met: before, hide: new Set<number>() }))),
    beside: qualities(model, model.besideWeights, beside.map(({ before, taken, item }) => ({ taken, met: withLookedAt(before, item), hide: new Set([item]) }))),
  };
}

function qualities(model: RecommenderModel, own: OpinionWeights, visits: readonly { taken: ReadonlySet<number>; met: Parameters<typeof opinionsFor>[1]; hide: ReadonlySet<number> }[]): ListQualities {
  const only = (weights: Partial<OpinionWeights>): OpinionWeights => ({ ...NO_OPINION, ...weights });
  const ways = [own, only({ beside: 1, always: 1e-6 }), only({ taste: 1, always: 1e-6 }), ...POPULARITIES.map((name) => only({ [name]: 1 }))];
  const sums = ways.map(() => ({ recall: 0, gain: 0 }));
  for (const { taken, met, hide } of visits) {
    const opinions = opinionsFor(model, met, hide, OPINIONS);
    ways.forEach((weights, way) => {
      const list = rankedBy(opinions, OPINIONS, weights, 10).map(({ item }) => item);
      sums[way]!.recall += recallAt(list, taken, 10);
      sums[way]!.gain += discountedGainAt(list, taken, 10);
    });
  }
  const [mine, neighbours, tastes, ...populars] = sums.map(({ recall, gain }): ListQuality => ({ recall: recall / visits.length, gain: gain / visits.length }));
  return { visits: visits.length, own: mine!, neighbours: neighbours!, tastes: tastes!, popular: populars.reduce((most, one) => (one.gain > most.gain ? one : most)) };
}
