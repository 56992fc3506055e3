// What the API of a home answers from, and since when: which snapshots, which versions, which settings. An answer is computed again from these.
import path from 'node:path';
import { LocalFiles } from '../lake/index.ts';
import type { Home } from './home.ts';

/** How things stood for one part of the API from a moment on, until the next state of the same part. */
export interface AnswerState {
  /** `features`, `prices`, `shipping`, `recommendations`. */
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

/** A file a state, `<home>/answers/<part>/<milliseconds>.json`: whole, and durable before anything is answered from it. */
export class AnswerStates {
  readonly #files = new LocalFiles();
  readonly #folder: string;
  readonly #noted = new Map<string, string>();

  constructor(home: Pick<Home, 'root'>) {
    this.#folder = path.join(home.root, 'answers');
  }

  /** Keeps a state, unless it is as the one before. */
  async note(state: AnswerState): Promise<void> {
    const { part, snapshots, facts } = state;
    const text = JSON.stringify({ snapshots, facts });
    if (this.#noted.get(part) === text) return;
    const last = (await this.list(part)).at(-1);
    if (last === undefined || JSON.stringify({ snapshots: last.snapshots, facts: last.facts }) !== text) {
      for (let at = Math.max(state.at, (last?.at ?? 0) + 1); !(await this.#files.create(this.#fileOf(part, at), Buffer.from(`${JSON.stringify({ ...state, at })}\n`))); at++);
    }
    this.#noted.set(part, text);
  }

  /** Oldest first. */
  async list(part: string): Promise<AnswerState[]> {
    const states: AnswerState[] = [];
    for await (const { path: file } of this.#files.list(path.join(this.#folder, part))) {
      if (/\/\d+\.json$/.test(file)) states.push(JSON.parse(Buffer.from(await this.#files.read(file)).toString('utf8')) as AnswerState);
    }
    return states.sort((left, right) => left.at - right.at);
  }

  async parts(): Promise<string[]> {
    return this.#files.listFolders(this.#folder);
  }

  async forget({ part, at }: AnswerState): Promise<void> {
    await this.#files.delete(this.#fileOf(part, at));
  }

  #fileOf(part: string, at: number): string {
    return path.join(this.#folder, part, `${String(at).padStart(14, '0')}.json`);
  }
}
