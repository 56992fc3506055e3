// What an API answers from, and since when: which snapshots, which versions, which settings. An answer is computed again from these.
import type { Files } from '../lake/index.ts';

/** How things stood for one part of the API from a moment on, until the next state of the same part. */
export interface AnswerState {
  /** `features`, `prices`, `shipping`, `recommendations`; in an account also `demand` and `lists`. */
  part: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Ids of snapshots by table. */
  snapshots: Readonly<Record<string, string>>;
  /** Whatever else decides on the answers: versions of models, settings, a business date. */
  facts: Readonly<Record<string, unknown>>;
}

/** Online features: their state is that of the tables which have the same events. */
export const FEATURES = 'features';
/** Other parts of the API. */
export const [PRICES, SHIPPING, RECOMMENDED] = ['prices', 'shipping', 'recommendations'] as const;

/**
 * In an account prices are made by several functions: demand by price, and the lists that are handed over, move on by themselves.
 * A home's state of prices has both.
 */
export const [DEMAND, LISTS] = ['demand', 'lists'] as const;

/** Where states are kept: on disk, or in a bucket. */
export type StateFiles = Pick<Files, 'read' | 'create' | 'exists' | 'list' | 'listFolders' | 'delete'>;

/** A file a state, `<folder>/<part>/<milliseconds>.json`: whole, and durable before anything is answered from it. */
export class AnswerStates {
  readonly #files: StateFiles;
  readonly #folder: string;
  readonly #noted = new Map<string, string>();

  constructor(files: StateFiles, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /** Keeps a state, unless it is as the one before. */
  async note(state: AnswerState): Promise<void> {
    const { part, snapshots, facts } = state;
    const text = JSON.stringify({ snapshots, facts });
    if (this.#noted.get(part) === text) return;
    const last = await this.last(part);
    if (last === undefined || JSON.stringify({ snapshots: last.snapshots, facts: last.facts }) !== text) {
      for (let at = Math.max(state.at, (last?.at ?? 0) + 1); !(await this.#files.create(this.#fileOf(part, at), Buffer.from(`${JSON.stringify({ ...state, at })}\n`))); at++);
    }
    this.#noted.set(part, text);
  }

  /** Oldest first. */
  async list(part: string): Promise<AnswerState[]> {
    const paths = await this.#paths(part);
    const states: AnswerState[] = [];
    for (let from = 0; from < paths.length; from += AT_ONCE) {
      const read = await Promise.all(paths.slice(from, from + AT_ONCE).map((file) => this.#read(file)));
      states.push(...read.filter((state) => state !== undefined));
    }
    return states;
  }

  /** The newest; undefined before the first. */
  async last(part: string): Promise<AnswerState | undefined> {
    const newest = (await this.#paths(part)).at(-1);
    return newest === undefined ? undefined : this.#read(newest);
  }

  async parts(): Promise<string[]> {
    return this.#files.listFolders(this.#folder);
  }

  async forget({ part, at }: AnswerState): Promise<void> {
    await this.#files.delete(this.#fileOf(part, at));
  }

  async #paths(part: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { path: file } of this.#files.list(`${this.#folder}/${part}`)) if (/\/\d+\.json$/.test(file)) found.push(file);
    // Names are as long as each other, so that they sort as their times do.
    return found.sort();
  }

  /** undefined where it was let go meanwhile. */
  async #read(file: string): Promise<AnswerState | undefined> {
    try {
      return JSON.parse(Buffer.from(await this.#files.read(file)).toString('utf8')) as AnswerState;
    } catch (thrown) {
      if (await this.#files.exists(file)) throw thrown;
      return undefined;
    }
  }

  #fileOf(part: string, at: number): string {
    return `${this.#folder}/${part}/${String(at).padStart(14, '0')}.json`;
  }
}

/** Files that are read at once: each takes its time in a bucket. */
const AT_ONCE = 32;
