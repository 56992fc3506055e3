// How the aliases of a predictor stand, for who only reads them: the newest object of their log.
import type { Canary } from './canary.ts';
import type { ModelStore } from './store.ts';

export type ModelAlias = 'champion' | 'challenger';

export type Aliases = Partial<Record<ModelAlias, string>>;

export interface AliasChange {
  what: 'alias' | 'rollback' | 'canary' | 'canary_completed' | 'canary_rolled_back';
  alias: ModelAlias;
  version: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Why a canary went back. */
  reasons?: readonly string[];
}

/** How things stand after a change. */
export interface AliasState {
  aliases: Aliases;
  /** The challenger answers a share of the traffic. */
  canary?: Canary;
  /** undefined before the first. */
  change?: AliasChange;
}

/** `<predictor>/aliases/<number>.json`: the one with the greatest number holds. */
export async function newestState(store: Pick<ModelStore, 'read' | 'objects'>, predictor: string): Promise<{ state: AliasState; number: number }> {
  const name = (await store.objects(`${predictor}/aliases`)).findLast((one) => /^\d+\.json$/.test(one));
  const bytes = name === undefined ? undefined : await store.read(`${predictor}/aliases/${name}`);
  return bytes === undefined ? { state: { aliases: {} }, number: 0 } : { state: stateOf(bytes), number: Number.parseInt(name!, 10) };
}

export function stateOf(bytes: Uint8Array): AliasState {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as AliasState;
}
