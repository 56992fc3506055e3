// Which version of a predictor answers: every change is an object of its own, numbered, so that two at once cannot lose each other and all can be read later.
import { MillraceError } from '../../base/index.ts';
import { newestState, stateOf, type AliasState, type ModelAlias } from './alias-state.ts';
import type { Canary } from './canary.ts';
import type { ModelStore } from './store.ts';

/** `<predictor>/aliases/<number>.json`: the one with the greatest number holds. */
export class AliasLog {
  readonly #store: ModelStore;

  constructor(store: ModelStore) {
    this.#store = store;
  }

  /** Every state there was, oldest first. */
  async history(predictor: string): Promise<AliasState[]> {
    const names = await this.#store.objects(`${predictor}/aliases`);
    return (await Promise.all(names.map((name) => this.#store.read(`${predictor}/aliases/${name}`)))).flatMap((bytes) => (bytes === undefined ? [] : [stateOf(bytes)]));
  }

  /** Gives the version that had the alias before. The canary's version as champion completes the canary. @throws `conflict` where a canary has the aliases */
  async set(predictor: string, alias: ModelAlias, version: string, at: number): Promise<string | undefined> {
    const before = await this.#change(predictor, ({ aliases, canary }) => {
      if (canary === undefined) return { aliases: { ...aliases, [alias]: version }, change: { what: 'alias', alias, version, at } };
      if (alias === 'champion' && canary.version === version) return completed(version, at);
      throw new MillraceError('conflict', `version ${canary.version} of ${predictor} is a canary`, { todo: `End it first: millrace promote ${predictor} ${canary.version}, or millrace rollback ${predictor}.` });
    });
    return before.aliases[alias];
  }

  /** The champion before this one again; where a canary runs, it alone goes back. @throws `not_found` where there was none. */
  async rollback(predictor: string, at: number): Promise<{ from: string; to: string }> {
    let found: { from: string; to: string } | undefined;
    await this.#change(predictor, ({ aliases, canary }, history) => {
      const current = aliases.champion;
      if (canary !== undefined && current !== undefined) {
        found = { from: canary.version, to: current };
        return returned(current, canary.version, at, ['somebody rolled it back']);
      }
      const to = championsOf(history).at(-2);
      if (current === undefined || to === undefined) {
        throw new MillraceError('not_found', `there is no champion of ${predictor} before this one`, { todo: '`millrace models` lists the versions; `millrace promote` chooses one.' });
      }
      found = { from: current, to };
      return { aliases: { ...aliases, champion: to }, change: { what: 'rollback', alias: 'champion', version: to, at } };
    });
    return found!;
  }

  /** Lets a version answer a share of the traffic, as challenger. @throws `conflict` where another one does, where it is the champion, or where there is none to fall back on. */
  async startCanary(predictor: string, canary: Canary): Promise<void> {
    await this.#change(predictor, ({ aliases, canary: other }) => {
      const refused = other !== undefined ? [`version ${other.version} of ${predictor} is a canary already`, `millrace promote ${predictor} ${other.version}, or millrace rollback ${predictor}, ends it.`]
        : aliases.champion === undefined ? [`there is no champion of ${predictor} beside which a canary could be watched`, `millrace promote ${predictor} ${canary.version}`]
          : aliases.champion === canary.version ? [`version ${canary.version} of ${predictor} is the champion`, 'Name another version: `millrace models` lists them.'] : undefined;
      if (refused !== undefined) throw new MillraceError('conflict', refused[0]!, { todo: refused[1] });
      return { aliases: { ...aliases, challenger: canary.version }, canary, change: { what: 'canary', alias: 'challenger', version: canary.version, at: canary.startedAt } };
    });
  }

  /** Ends the canary that began then; whether there was one still. */
  async endCanary(predictor: string, startedAt: number, end: { outcome: 'completed' } | { outcome: 'rolled_back'; reasons: readonly string[] }, at: number): Promise<boolean> {
    const before = await this.#change(predictor, ({ aliases, canary }) => {
      if (canary?.startedAt !== startedAt) return undefined;
      return end.outcome === 'completed' ? completed(canary.version, at) : returned(aliases.champion!, canary.version, at, end.reasons);
    });
    return before.canary?.startedAt === startedAt;
  }

  /** Applies a change to what holds, again where another came in between; undefined changes nothing. Gives the state before. */
  async #change(predictor: string, next: (state: AliasState, history: AliasState[]) => AliasState | undefined): Promise<AliasState> {
    for (;;) {
      const { state, number } = await newestState(this.#store, predictor);
      const changed = next(state, await this.history(predictor));
      if (changed === undefined) return state;
      const isOurs = await this.#store.create(`${predictor}/aliases/${String(number + 1).padStart(8, '0')}.json`, Buffer.from(`${JSON.stringify(changed, null, 1)}\n`));
      if (isOurs) return state;
    }
  }
}

function completed(version: string, at: number): AliasState {
  return { aliases: { champion: version }, change: { what: 'canary_completed', alias: 'champion', version, at } };
}

function returned(champion: string, version: string, at: number, reasons: readonly string[]): AliasState {
  return { aliases: { champion }, change: { what: 'canary_rolled_back', alias: 'challenger', version, at, reasons } };
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
