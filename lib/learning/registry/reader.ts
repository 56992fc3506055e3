// The registry for who only answers from it: models, their cards, and which of them answers.
import { messageOf, MillraceError } from '../../base/index.ts';
import { readModel, type FittedModel } from '../kinds/model-file.ts';
import { newestState, type Aliases, type AliasState } from './alias-state.ts';
import type { ModelCard } from './card.ts';
import type { ModelStore } from './store.ts';

export class ModelReader {
  readonly #store: ModelStore;

  constructor(store: ModelStore) {
    this.#store = store;
  }

  /** @throws `not_found`, and `bad_input` naming a damaged file */
  async card(predictor: string, version: string): Promise<ModelCard> {
    return this.#parsed(predictor, version, 'card.json', (text) => JSON.parse(text) as ModelCard);
  }

  /** @throws `not_found`, and `bad_input` naming a damaged file */
  async model(predictor: string, version: string): Promise<FittedModel> {
    return this.#parsed(predictor, version, 'model.json', readModel);
  }

  async aliases(predictor: string): Promise<Aliases> {
    return (await this.state(predictor)).aliases;
  }

  /** Aliases, and the canary where one runs. */
  async state(predictor: string): Promise<AliasState> {
    return (await newestState(this.#store, predictor)).state;
  }

  async #parsed<Value>(predictor: string, version: string, file: string, parse: (text: string) => Value): Promise<Value> {
    const text = await this.#read(predictor, version, file);
    try {
      return parse(text);
    } catch (cause) {
      throw new MillraceError('bad_input', `${file} of version ${version} of ${predictor} is damaged: ${messageOf(cause)}`, {
        where: `${this.#store.place}/${predictor}/${version}/${file}`, todo: `Put the file back, or delete the folder and train again: millrace train ${predictor}.`, cause,
      });
    }
  }

  async #read(predictor: string, version: string, file: string): Promise<string> {
    const bytes = await this.#store.read(`${predictor}/${version}/${file}`);
    if (bytes === undefined) throw new MillraceError('not_found', `there is no version ${version} of ${predictor}, or its ${file} is gone`, { where: `${this.#store.place}/${predictor}/${version}/${file}`, todo: '`millrace models` lists them.' });
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }
}
