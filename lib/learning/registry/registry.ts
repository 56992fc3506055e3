// The registry: every version of every predictor's model, what it was made from, and which of them answers.
import { MillraceError } from '../../base/index.ts';
import type { ModelBaseline } from '../metrics/drift.ts';
import { writeModel, type FittedModel } from '../kinds/model-file.ts';
import type { AliasState, ModelAlias } from './alias-state.ts';
import { AliasLog } from './aliases.ts';
import type { Canary } from './canary.ts';
import type { ModelCard } from './card.ts';
import { ModelReader } from './reader.ts';
import type { ModelStore } from './store.ts';

/** Objects of a predictor: `<predictor>/<version>/{model.json,card.json}`, and its aliases. A version is there once its card is, which comes last. */
export class ModelRegistry extends ModelReader {
  readonly #store: ModelStore;
  readonly #aliases: AliasLog;

  constructor(store: ModelStore) {
    super(store);
    this.#store = store;
    this.#aliases = new AliasLog(store);
  }

  async predictors(): Promise<string[]> {
    return this.#store.folders('');
  }

  /** Oldest first. One whose card is damaged is left out; `damaged` names it. */
  async versions(predictor: string): Promise<ModelCard[]> {
    return (await this.#cards(predictor)).flatMap(({ card }) => card ?? []);
  }

  /** Versions whose card cannot be read, and why. */
  async damaged(predictor: string): Promise<{ version: string; why: string }[]> {
    return (await this.#cards(predictor)).flatMap(({ version, why }) => (why === undefined ? [] : [{ version, why }]));
  }

  /** How features and scores lay at training; undefined for a version that was kept without. */
  async baseline(predictor: string, version: string): Promise<ModelBaseline | undefined> {
    const bytes = await this.#store.read(`${predictor}/${version}/baseline.json`);
    return bytes === undefined ? undefined : (JSON.parse(textOf(bytes)) as ModelBaseline);
  }

  /** Keeps a version under the next number: whole, or not at all. */
  async register(card: Omit<ModelCard, 'version'>, model: FittedModel, baseline?: ModelBaseline): Promise<ModelCard> {
    const { predictor } = card;
    const bytes = Buffer.from(writeModel(model));
    // Who creates the model has the number; one that stopped before its card leaves a number out.
    for (let next = Math.max(0, ...await this.#numbers(predictor)) + 1; ; next += 1) {
      const kept: ModelCard = { ...card, version: String(next) };
      if (!(await this.#store.create(`${predictor}/${next}/model.json`, bytes))) continue;
      if (baseline !== undefined) await this.#store.create(`${predictor}/${next}/baseline.json`, Buffer.from(`${JSON.stringify(baseline)}\n`));
      await this.#store.create(`${predictor}/${next}/card.json`, Buffer.from(`${JSON.stringify(kept, null, 1)}\n`));
      return kept;
    }
  }

  /** Lets a version answer. Gives the version that did before. @throws `not_found`, and `bad_input` for a version whose files are damaged */
  async setAlias(predictor: string, alias: ModelAlias, version: string, now: number): Promise<string | undefined> {
    await this.#whole(predictor, version);
    return this.#aliases.set(predictor, alias, version, now);
  }

  /** Lets the champion before this one answer again. @throws `not_found` where there was none. */
  async rollback(predictor: string, now: number): Promise<{ from: string; to: string }> {
    return this.#aliases.rollback(predictor, now);
  }

  /** Every state of the aliases there was, oldest first, with what changed. */
  async history(predictor: string): Promise<AliasState[]> {
    return this.#aliases.history(predictor);
  }

  /** Lets a version answer a share of the traffic. @throws as `setAlias`, and `conflict` where another one does or there is no champion beside it. */
  async startCanary(predictor: string, canary: Canary): Promise<void> {
    await this.#whole(predictor, canary.version);
    if (!(canary.share > 0 && canary.share <= 1)) throw new MillraceError('usage', `a canary's share is above 0 and at most 100 %, not ${canary.share * 100} %`, { todo: 'Give --canary 10%.' });
    await this.#aliases.startCanary(predictor, canary);
  }

  /** Ends the canary that began then; false where it has ended already. */
  async endCanary(predictor: string, startedAt: number, end: { outcome: 'completed' } | { outcome: 'rolled_back'; reasons: readonly string[] }, now: number): Promise<boolean> {
    return this.#aliases.endCanary(predictor, startedAt, end, now);
  }

  /** Nobody is let answer who could not. */
  async #whole(predictor: string, version: string): Promise<void> {
    await Promise.all([this.card(predictor, version), this.model(predictor, version)]);
  }

  async #cards(predictor: string): Promise<{ version: string; card?: ModelCard; why?: string }[]> {
    return Promise.all((await this.#numbers(predictor)).map(async (number) => {
      const version = String(number);
      try {
        return { version, card: await this.card(predictor, version) };
      } catch (thrown) {
        // Without a card it is no version: whoever registered it was stopped.
        if (thrown instanceof MillraceError && thrown.code === 'not_found') return { version };
        if (thrown instanceof MillraceError && thrown.code === 'bad_input') return { version, why: thrown.message };
        throw thrown;
      }
    }));
  }

  async #numbers(predictor: string): Promise<number[]> {
    return (await this.#store.folders(predictor)).filter((name) => /^\d+$/.test(name)).map(Number).sort((left, right) => left - right);
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
