// Who answered at a moment, by the log of the registry.
import type { AliasState, ModelRegistry } from '../../learning/index.ts';

/** Who answers looks at what it answers from so often, at the most seldom: in an account, and where a look failed. */
export const LOOKED_WITHIN_MS = 60_000;

/** How the registry stood at that moment, then how it stood within the time before, for who had not looked again yet; the newest first. */
export async function heldAt(registry: Pick<ModelRegistry, 'history'>, predictor: string, at: number): Promise<AliasState[]> {
  const until = (await registry.history(predictor)).filter(({ change }) => change !== undefined && change.at <= at).reverse();
  const oldest = until.findIndex(({ change }) => change!.at <= at - LOOKED_WITHIN_MS);
  return oldest < 0 ? [...until, { aliases: {} }] : until.slice(0, oldest + 1);
}

/** The champion at that moment, then those that it may still have been; null: none. */
export async function championsAt(registry: Pick<ModelRegistry, 'history'>, predictor: string, at: number): Promise<(string | null)[]> {
  return [...new Set((await heldAt(registry, predictor, at)).map(({ aliases }) => aliases.champion ?? null))];
}
