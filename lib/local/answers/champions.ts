// Which version answered at a moment, by the log of the registry.
import type { ModelRegistry } from '../../learning/index.ts';

/** Who answers looks at the registry so often, at the most seldom. */
const LOOKED_WITHIN_MS = 60_000;

/** The champion at that moment, then those that who had not looked again yet may have held for it; null: none. */
export async function championsAt(registry: Pick<ModelRegistry, 'history'>, predictor: string, at: number): Promise<(string | null)[]> {
  const changes = (await registry.history(predictor)).flatMap(({ aliases, change }) => (change === undefined || change.at > at ? [] : [{ champion: aliases.champion ?? null, since: change.at }])).reverse();
  const held = [...changes, { champion: null, since: Number.NEGATIVE_INFINITY }];
  // One that began within the time counts, and so does the one before it.
  const known = held.slice(0, held.findIndex(({ since }) => since <= at - LOOKED_WITHIN_MS) + 1);
  return [...new Set(known.map(({ champion }) => champion))];
}
