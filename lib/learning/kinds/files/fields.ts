// Typed access to a kept model of our own: says which part is missing or of the wrong kind, rather than failing somewhere later.
import { MillraceError } from '../../../base/index.ts';

/** How a model of a kind is kept. */
export interface ModelFile<Model> {
  write(model: Model): string;
  /** Equal to what was written, or refused. */
  read(text: string): Model;
}

const TODO = 'The file is damaged, or was written by a later version; train the predictor again.';

/** The text of a model file: its tag, the version of its format, and the model. */
export function taggedText(kind: string, version: number, model: object): string {
  return `${JSON.stringify({ kind, version, model })}\n`;
}

/** The tag of a model file; undefined for XGBoost's, which has none. */
export function tagOf(text: string): string | undefined {
  return /^\s*\{\s*"kind"\s*:\s*"([a-z_]+)"/.exec(text)?.[1];
}

/** What brings a model of an older version of the format to the present one. */
export type BringUp = (model: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/** The model within such a text; of an older version of the format as that is brought up. @throws `bad_input` where it is of another kind or of a version not known here. */
export function taggedModel(text: string, kind: string, version: number, older: Readonly<Record<number, BringUp>> = {}): ModelFields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new MillraceError('bad_input', 'the model is no JSON', { where: kind, todo: TODO, cause });
  }
  const file = new ModelFields(parsed, '');
  if (file.text('kind') !== kind) file.refuse('kind', `it is ${file.text('kind')}, not ${kind}`);
  const found = file.number('version');
  const model = file.child('model');
  if (found === version) return model;
  const bringUp = older[found] ?? file.refuse('version', `version ${found} of the format is not known here`);
  return new ModelFields(bringUp((parsed as { model: Record<string, unknown> }).model), 'model');
}

export class ModelFields {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MillraceError('bad_input', `${path || 'the model'} is no object`, { where: path || 'the model', todo: TODO });
    this.#value = value as Record<string, unknown>;
    this.#path = path;
  }

  refuse(key: string, message: string): never {
    throw new MillraceError('bad_input', message, { where: this.#at(key), todo: TODO });
  }

  #at(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }

  #get(key: string): unknown {
    return Object.hasOwn(this.#value, key) ? this.#value[key] : undefined;
  }

  has(key: string): boolean {
    return this.#get(key) !== undefined;
  }

  child(key: string): ModelFields {
    return new ModelFields(this.#get(key), this.#at(key));
  }

  list(key: string, length?: number): readonly unknown[] {
    const value = this.#get(key);
    if (!Array.isArray(value)) return this.refuse(key, `${key} is no list`);
    if (length !== undefined && value.length !== length) return this.refuse(key, `${key} has ${value.length} entries for ${length}`);
    return value;
  }

  objects(key: string): ModelFields[] {
    return this.list(key).map((item, index) => new ModelFields(item, `${this.#at(key)}[${index}]`));
  }

  number(key: string): number {
    const value = this.#get(key);
    return typeof value === 'number' && Number.isFinite(value) ? value : this.refuse(key, `${key} is no finite number`);
  }

  count(key: string): number {
    const value = this.number(key);
    return Number.isSafeInteger(value) && value >= 0 ? value : this.refuse(key, `${key} is ${value}, no count`);
  }

  flag(key: string): boolean {
    const value = this.#get(key);
    return typeof value === 'boolean' ? value : this.refuse(key, `${key} is neither true nor false`);
  }

  text(key: string): string {
    const value = this.#get(key);
    return typeof value === 'string' ? value : this.refuse(key, `${key} is no text`);
  }

  texts(key: string, length?: number): string[] {
    return this.list(key, length).map((item) => (typeof item === 'string' ? item : this.refuse(key, `${key} holds something else than texts`)));
  }

  numbers(key: string, length?: number): number[] {
    return this.list(key, length).map((item) => (typeof item === 'number' && Number.isFinite(item) ? item : this.refuse(key, `${key} holds something else than finite numbers`)));
  }

  /** The numbers of one list among lists. */
  numbersWithin(key: string, index: number): number[] {
    return new ModelFields({ [key]: this.list(key)[index] }, this.#path).numbers(key);
  }

  /** Places in a list of so many. */
  places(key: string, below: number, length?: number): number[] {
    return this.list(key, length).map((item) => (typeof item === 'number' && Number.isInteger(item) && item >= 0 && item < below ? item : this.refuse(key, `${key} holds something else than whole numbers from 0 to ${below - 1}`)));
  }

  matrix(key: string, width: number): number[][] {
    return this.list(key).map((row) => (Array.isArray(row) && row.length === width && row.every((item) => typeof item === 'number' && Number.isFinite(item)) ? (row as number[]) : this.refuse(key, `${key} is no table of ${width} numbers a row`)));
  }
}
