// Typed access to a parsed model: says which key is missing or of the wrong kind, rather than failing somewhere later.
import { MillraceError } from '../../base/index.ts';
import type { UbjsonValue } from './ubjson.ts';

const TODO = 'the file is damaged, or no XGBoost model; save it again with save_model';

export class Fields {
  readonly #value: { [key: string]: UbjsonValue };
  readonly path: string;

  constructor(value: UbjsonValue | undefined, path: string) {
    if (typeof value !== 'object' || value === null || isList(value)) throw new MillraceError('bad_input', `${path || 'the model'} is no object`, { where: path || 'the model', todo: TODO });
    this.#value = value as { [key: string]: UbjsonValue };
    this.path = path;
  }

  refuse(key: string, message: string): never {
    throw new MillraceError('bad_input', message, { where: this.#at(key), todo: TODO });
  }

  #at(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#value, key);
  }

  #get(key: string): UbjsonValue | undefined {
    return this.has(key) ? this.#value[key] : undefined;
  }

  keys(): string[] {
    return Object.keys(this.#value);
  }

  child(key: string): Fields {
    return new Fields(this.#get(key), this.#at(key));
  }

  list(key: string): UbjsonValue[] {
    const value = this.#get(key);
    if (!Array.isArray(value)) return this.refuse(key, `${key} is no list`);
    return value;
  }

  text(key: string): string {
    const value = this.#get(key);
    return typeof value === 'string' ? value : this.refuse(key, `${key} is no text`);
  }

  /** A parameter: a number written as text. */
  parameter(key: string, otherwise?: number): number {
    if (otherwise !== undefined && !this.has(key)) return otherwise;
    const value = Number(this.text(key));
    return Number.isFinite(value) ? value : this.refuse(key, `${key} is ${JSON.stringify(this.text(key))}, no number`);
  }

  texts(key: string): string[] {
    return this.has(key) ? this.list(key).map((text) => (typeof text === 'string' ? text : this.refuse(key, `${key} holds something else than texts`))) : [];
  }

  /** A parameter that is a count. */
  count(key: string, least: number, otherwise?: number): number {
    const value = this.parameter(key, otherwise);
    return Number.isSafeInteger(value) && value >= least ? value : this.refuse(key, `${key} is ${value}, no whole number from ${least} on`);
  }

  /** Null is NaN, which JSON has no number for. */
  numbers(key: string, length?: number): ArrayLike<number> {
    const value = this.#get(key);
    if (value === undefined || value === null || typeof value !== 'object' || !isList(value)) return this.refuse(key, `${key} is no list of numbers`);
    if (length !== undefined && value.length !== length) return this.refuse(key, `${key} has ${value.length} entries for ${length}`);
    if (!Array.isArray(value)) return value;
    return value.map((item) => (typeof item === 'number' ? item : typeof item === 'boolean' ? Number(item) : item === null ? NaN : this.refuse(key, `${key} holds something else than numbers`)));
  }

  /** A list of 0 and 1. */
  flags(key: string): Uint8Array {
    const values = this.numbers(key);
    for (let i = 0; i < values.length; i += 1) if (values[i] !== 0 && values[i] !== 1) this.refuse(key, `${key} holds ${values[i]}, neither 0 nor 1`);
    return Uint8Array.from(values);
  }

  ints(key: string): Int32Array {
    const values = this.numbers(key);
    for (let i = 0; i < values.length; i += 1) if ((values[i]! | 0) !== values[i]!) this.refuse(key, `${key} holds ${values[i]}, no whole number of 32 bits`);
    return Int32Array.from(values);
  }
}

/** What is no damage, but more than is served. */
export function cannotServe(what: string, where: string, todo: string): MillraceError {
  return new MillraceError('unsupported', `${what} cannot be served`, { where, todo });
}

function isList(value: UbjsonValue): value is UbjsonValue[] | ArrayLike<number> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}
