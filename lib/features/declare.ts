// The words a feature file is written in.
import { DEFINITION, type Aggregate, type AggregateOptions, type Feature, type FeatureSource, type FeatureView, type SourceOptions, type ViewDefinition, type ViewOptions } from './types.ts';

/**
 * Declares features of one kind of entity. Nothing is checked here: `loadFeatures` reports every mistake with its file.
 *
 * @example
 * export const visitor = featureView('visitor', { from: 'events', entity: 'visitor_id', time: 'event_time' }, {
 *   views_7d: count({ where: "event = 'view'", within: '7d' }),
 * });
 */
export function featureView<const Names extends string>(name: string, options: ViewOptions, features: Readonly<Record<Names, Aggregate>>): FeatureView<Names> {
  const entries = Object.entries<Aggregate>(features);
  const references = Object.fromEntries(entries.map(([feature, aggregate]): [string, Feature] => [feature, Object.freeze({ view: name, name: feature, aggregate })]));
  const definition: ViewDefinition = Object.freeze({ name, options: Object.freeze({ ...options }), features: Object.freeze({ ...features }) });
  return Object.freeze({ ...references, [DEFINITION]: definition }) as FeatureView<Names>;
}

/** Declares where events for features come from: online a contract of a stream, offline a table that has the same events. */
export function featureSource(name: string, options: SourceOptions): FeatureSource {
  return Object.freeze({ kind: 'feature source', name, options: Object.freeze({ ...options }) });
}

/** The definition of a view. */
export function definitionOf(view: FeatureView): ViewDefinition {
  return view[DEFINITION];
}

/** How many events. */
export const count = (options: AggregateOptions = {}): Aggregate => ({ kind: 'count', ...options });

/** The sum of a number over events, exact; 0 of none. */
export const sum = (of: string, options: AggregateOptions = {}): Aggregate => ({ kind: 'sum', of, ...options });

/** The smallest value; NULL of none. */
export const min = (of: string, options: AggregateOptions = {}): Aggregate => ({ kind: 'min', of, ...options });

/** The greatest value; NULL of none. */
export const max = (of: string, options: AggregateOptions = {}): Aggregate => ({ kind: 'max', of, ...options });

/** The earliest value that is not NULL; of several at the same time the greatest. */
export const first = (of: string, options: AggregateOptions = {}): Aggregate => ({ kind: 'first', of, ...options });

/** The latest value that is not NULL; of several at the same time the greatest. */
export const last = (of: string, options: AggregateOptions = {}): Aggregate => ({ kind: 'last', of, ...options });

/** How many different values, exact below 1,000 and 1,000 from there on. */
export const distinct = (of: string, options: AggregateOptions = {}): Aggregate => ({ kind: 'distinct', of, ...options });

/** One feature of the view divided by another; NULL where that is 0 or NULL. */
export const ratio = (numerator: string, denominator: string, options: { description?: string } = {}): Aggregate => ({ kind: 'ratio', of: [numerator, denominator], ...options });
