// Reads features of entities from the online store: tiles merged at the moment of reading.
import { MillraceError } from '../base/index.ts';
import { scaledText, type RuleValue } from '../contracts/index.ts';
import { entityOfParts, stateKeys } from './keys.ts';
import { advance, decodeState, seriesValue, type EntityState } from './state.ts';
import type { OnlineStore } from './store.ts';
import type { FeatureType, FeatureValue, FeatureValues } from './types.ts';
import type { CompiledView } from './view.ts';

/** An entity's id; one value for each of its columns where there are several. */
export type EntityId = string | readonly string[];

/**
 * The features of some entities as of `at` (milliseconds since 1970; now, or later than all that was folded), in their order; an entity of which
 * nothing is known has counts of 0 and values of NULL. All are fetched by one call of the store.
 */
export async function readFeatures(store: OnlineStore, view: CompiledView, entities: readonly EntityId[], at: number): Promise<FeatureValues[]> {
  const [values = []] = await readViews(store, [{ view, entities }], at);
  return values;
}

/** The same of several views at once, for who scores: one fetch for all. */
export async function readViews(store: OnlineStore, wanted: readonly { view: CompiledView; entities: readonly EntityId[] }[], at: number): Promise<FeatureValues[][]> {
  const keys = wanted.map(({ view, entities }) => entities.map((entity) => stateKeys(view, textOf(view, entity))));
  const items = await store.get(keys.flat(2));
  let next = 0;
  return wanted.map(({ view }, index) => keys[index]!.map((own) => {
    const states = own.flatMap(() => {
      const item = items[next++];
      return item === undefined ? [] : [decodeState(item.value)];
    });
    return valuesAt(view, states, at * 1000);
  }));
}

/** An entity as the store knows it. */
export function textOf(view: CompiledView, entity: EntityId): string {
  if (view.entity.length === 1) {
    if (typeof entity === 'string') return entity;
    if (entity.length === 1) return entity[0]!;
  }
  const parts = typeof entity === 'string' ? [entity] : entity;
  if (parts.length !== view.entity.length) {
    throw new MillraceError('usage', `${view.name} is known by ${view.entity.join(' and ')}, and this is ${parts.length === 1 ? 'one value' : `${parts.length} values`}`, { todo: `Give ${view.entity.length}.` });
  }
  return entityOfParts(parts);
}

/** The view's features over the states of an entity's items, as of `at`, microseconds. The states are changed: who needs them, copies them. */
export function valuesAt(view: CompiledView, states: readonly EntityState[], at: number): FeatureValues {
  for (const state of states) advance(view, state, at);
  const series = view.series.map((one) => seriesValue(one, states, at));
  const values: Record<string, FeatureValue> = {};
  for (const { name, type, from } of view.features) {
    values[name] = 'series' in from ? valueOf(series[from.series]!, type) : quotient(values[from.ratio[0]]!, values[from.ratio[1]]!);
  }
  return values;
}

function valueOf(value: RuleValue, type: FeatureType): FeatureValue {
  if (typeof value !== 'bigint') return value;
  return type === 'bigint' ? Number(value) : scaledText(value, Number(/\d+(?=\)$)/.exec(type)?.[0] ?? 0));
}

function quotient(numerator: FeatureValue, denominator: FeatureValue): number | null {
  if (numerator === null || denominator === null || Number(denominator) === 0) return null;
  return Number(numerator) / Number(denominator);
}
