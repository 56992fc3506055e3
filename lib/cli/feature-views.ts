// What the verbs of features have in common: times as people type them, values as they read them.
import { MillraceError } from '../base/index.ts';
import { featureSince, type CompiledView, type FeatureValue, type KeptSince } from '../features/index.ts';
import type { Invocation } from './verb.ts';

/** Since when a feature is kept online: `complete`, a time, or undefined for not yet. */
export function sinceOf(view: CompiledView, feature: string, since: KeptSince): string | undefined {
  const at = featureSince(view, feature, since);
  return at === undefined ? undefined : at === 0 ? 'complete' : `since ${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** `--at`, where it was given. */
export function timeAsked({ options: { at } }: Invocation): number | undefined {
  if (at === undefined) return undefined;
  const time = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(String(at)) ? `${String(at)}T00:00:00Z` : String(at));
  if (Number.isNaN(time)) throw new MillraceError('usage', `--at wants a time, not '${String(at)}'`, { todo: 'Write for example --at 2018-09-01T12:00:00Z.' });
  return time;
}

export const textOf = (value: FeatureValue): string => (value === null ? 'NULL' : String(value));
