// Which version of a predictor answers: every change is an object of its own, numbered, so that two at once cannot lose each other and all can be read later.
import { MillraceError } from '../../base/index.ts';
import type { ModelStore } from './store.ts';

export type ModelAlias = 'champion' | 'challenger';

export type Aliases = Partial<Record<ModelAlias, string>>;

export interface AliasChange {
  what: 'alias' | 'rollback';
  alias: ModelAlias;
  version: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** How things stand after a change. */
export interface AliasState {
  aliases: Aliases;
  /** undefined before the first. */
  change?: AliasChange;
}

/** `<predictor>/aliases/<number>.json`: the one with the greatest number holds. */
export class AliasLog {
  readonly #store: ModelStore;

  constructor(store: ModelStore) {
    this.#store = store;
  }

  async read(predictor: string): Promise<AliasState> {
    return (await this.#newest(predictor)).state;
  }

  /** Every state there was, oldest first. */
  async history(predictor: string): Promise<AliasState[]> {
    const names = await this.#store.objects(`${predictor}/aliases`);
    return (await Promise.all(names.map((name) => this.#store.read(`${predictor}/aliases/${name}`)))).flatMap((bytes) => (bytes === undefined ? [] : [stateOf(bytes)]));
  }

  /** Gives the version that had the alias before. */
  async set(predictor: string, alias: ModelAlias, version: string, at: number): Promise<string | undefined> {
    const before = await this.#change(predictor, ({ aliases }) => ({ aliases: { ...aliases, [alias]: version }, change: { what: 'alias', alias, version, at } }));
    return before.aliases[alias];
  }

  /** The champion before this one again. @throws `not_found` where there was none. */
  async rollback(predictor: string, at: number): Promise<{ from: string; to: string }> {
    let found: { from: string; to: string } | undefined;
    await this.#change(predictor, ({ aliases }, history) => {
      const current = aliases.champion;
      const to = championsOf(history).at(-2);
      if (current === undefined || to === undefined) {
        throw new MillraceError('not_found', `there is no champion of ${predictor} before this one`, { todo: '`millrace models` lists the versions; `millrace promote` chooses one.' });
      }
      found = { from: current, to };
      return { aliases: { ...aliases, champion: to }, change: { what: 'rollback', alias: 'champion', version: to, at } };
    });
    return found!;
  }

  /** Applies a change to what holds, again where another came in between. Gives the state before. */
  async #change(predictor: string, next: (state: AliasState, history: AliasState[]) => AliasState): Promise<AliasState> {
    for (;;) {
      const { state, number } = await this.#newest(predictor);
      const changed = next(state, await this.history(predictor));
      const isOurs = await this.#store.create(`${predictor}/aliases/${String(number + 1).padStart(8, '0')}.json`, Buffer.from(`${JSON.stringify(changed, null, 1)}\n`));
      if (isOurs) return state;
    }
  }

  async #newest(predictor: string): Promise<{ state: AliasState; number: number }> {
    const name = (await this.#store.objects(`${predictor}/aliases`)).findLast((one) => /^\d+\.json$/.test(one));
    const bytes = name === undefined ? undefined : await this.#store.read(`${predictor}/aliases/${name}`);
    return bytes === undefined ? { state: { aliases: {} }, number: 0 } : { state: stateOf(bytes), number: Number.parseInt(name!, 10) };
  }
}

/** Champions on top of each other, the present one last: a promotion lays one on top, a rollback takes it off again. */
function championsOf(history: readonly AliasState[]): string[] {
  const champions: string[] = [];
  for (const { aliases: { champion }, change } of history) {
    if (champion === undefined || champion === champions.at(-1)) continue;
    if (change?.what === 'rollback') champions.pop();
    else champions.push(champion);
  }
  return champions;
}

function stateOf(bytes: Uint8Array): AliasState {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as AliasState;
}
