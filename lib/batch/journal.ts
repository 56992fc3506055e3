// What the tasks of one run leave for its last task: small files beside the lake, gathered into the ops tables when the run ends, so
// that a run costs one commit a table and not one a model.
import type { Files } from '../lake/index.ts';

export class Journal {
  readonly #files: Files;
  readonly #folder: string;

  /** `folder`: where runs keep their notes, outside of every table. */
  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /** Notes something under a name that is unique in the run; noting it again replaces it. */
  async note(runId: string, name: string, value: unknown): Promise<void> {
    await this.#files.write(`${this.#folder}/${runId}/${name}.json`, Buffer.from(JSON.stringify(value)), { durable: 'no' });
  }

  async read<Value>(runId: string, name: string): Promise<Value> {
    return JSON.parse(Buffer.from(await this.#files.read(`${this.#folder}/${runId}/${name}.json`)).toString('utf8')) as Value;
  }

  /** All notes of a run whose names begin so, by name. */
  async gather<Value>(runId: string, prefix = ''): Promise<Map<string, Value>> {
    const folder = `${this.#folder}/${runId}/`;
    const paths: string[] = [];
    for await (const { path } of this.#files.list(folder)) {
      if (path.startsWith(`${folder}${prefix}`) && path.endsWith('.json')) paths.push(path);
    }
    const values = await Promise.all(paths.sort().map(async (path): Promise<[string, Value]> => {
      const text = Buffer.from(await this.#files.read(path)).toString('utf8');
      return [path.slice(folder.length, -'.json'.length), JSON.parse(text) as Value];
    }));
    return new Map(values);
  }

  async forget(runId: string): Promise<void> {
    for await (const { path } of this.#files.list(`${this.#folder}/${runId}/`)) await this.#files.delete(path);
  }
}
