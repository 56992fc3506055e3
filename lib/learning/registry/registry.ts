// The registry: every version of every predictor's model, what it was made from, and which of them answers.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '../../base/index.ts';
import type { ReliabilityBin } from '../metrics/classification.ts';
import type { TreeModel } from '../tree-model.ts';
import { readXgboost } from '../xgboost/read.ts';
import { writeXgboostJson } from '../xgboost/write.ts';

export type ModelAlias = 'champion' | 'challenger';

/** Everything about a version but its trees: `card.json`. */
export interface ModelCard {
  predictor: string;
  /** 1, 2, 3, … as text. */
  version: string;
  question: string;
  entities: readonly string[];
  features: readonly string[];
  output: 'probability' | 'value';
  algorithm: string;
  parameters: unknown;
  metrics: Readonly<Record<string, number>>;
  reliability: readonly ReliabilityBin[];
  importance: readonly { feature: string; loss: number }[];
  rows: { train: number; validate: number; test: number };
  baseRate: number;
  /** As of when it was trained, and the snapshot of every table that it read. */
  asOf: string;
  snapshots: Readonly<Record<string, string>>;
  /** SHA-256 of the SELECT of the training set. */
  trainingSet: string;
  /** Of Millrace. */
  codeVersion: string;
  /** Milliseconds since 1970. */
  trainedAt: number;
  seconds: number;
}

export type Aliases = Partial<Record<ModelAlias, string>>;
interface AliasFile { aliases: Aliases; history: { alias: ModelAlias; version: string; at: number }[] }

/** A folder with a folder a predictor: `<predictor>/<version>/{model.json,card.json}` and `<predictor>/aliases.json`. */
export class ModelRegistry {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async predictors(): Promise<string[]> {
    return (await readdir(this.#folder, { withFileTypes: true }).catch(() => [])).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
  }

  /** Oldest first. */
  async versions(predictor: string): Promise<ModelCard[]> {
    const names = (await readdir(path.join(this.#folder, predictor)).catch(() => [])).filter((name) => /^\d+$/.test(name)).sort((left, right) => Number(left) - Number(right));
    return Promise.all(names.map((version) => this.card(predictor, version)));
  }

  /** @throws `not_found` */
  async card(predictor: string, version: string): Promise<ModelCard> {
    return JSON.parse(await this.#read(predictor, version, 'card.json')) as ModelCard;
  }

  async model(predictor: string, version: string): Promise<TreeModel> {
    return readXgboost(await this.#read(predictor, version, 'model.json'));
  }

  async aliases(predictor: string): Promise<Aliases> {
    return (await this.#aliasFile(predictor)).aliases;
  }

  /** Keeps a version under the next number: whole, or not at all. */
  async register(card: Omit<ModelCard, 'version'>, model: TreeModel): Promise<ModelCard> {
    const folder = path.join(this.#folder, card.predictor);
    await mkdir(folder, { recursive: true });
    for (let next = Math.max(0, ...(await this.versions(card.predictor)).map(({ version }) => Number(version))) + 1; ; next += 1) {
      const kept: ModelCard = { ...card, version: String(next) };
      const temporary = await mkdtemp(path.join(folder, `.${next}-`));
      await writeFile(path.join(temporary, 'model.json'), writeXgboostJson(model));
      await writeFile(path.join(temporary, 'card.json'), `${JSON.stringify(kept, null, 1)}\n`);
      // A folder is not renamed onto one that holds something: who was first has the number.
      const isOurs = await rename(temporary, path.join(folder, kept.version)).then(() => true, () => false);
      if (isOurs) return kept;
      await rm(temporary, { recursive: true, force: true });
      if (next > 1_000_000) throw new MillraceError('io', 'no version could be kept', { where: folder });
    }
  }

  /** Lets a version answer. Gives the version that did before. @throws `not_found` */
  async setAlias(predictor: string, alias: ModelAlias, version: string, now: number): Promise<string | undefined> {
    await this.card(predictor, version);
    const { aliases, history } = await this.#aliasFile(predictor);
    await this.#writeAliases(predictor, { aliases: { ...aliases, [alias]: version }, history: [...history, { alias, version, at: now }] });
    return aliases[alias];
  }

  /** Lets the champion before this one answer again. @throws `not_found` where there was none. */
  async rollback(predictor: string, now: number): Promise<{ from: string; to: string }> {
    const { aliases, history } = await this.#aliasFile(predictor);
    const current = aliases.champion;
    const earlier = history.filter(({ alias }) => alias === 'champion').map(({ version }) => version);
    const to = earlier.slice(0, earlier.lastIndexOf(current ?? '')).findLast((version) => version !== current);
    if (current === undefined || to === undefined) throw new MillraceError('not_found', `there is no champion of ${predictor} before this one`, { todo: '`millrace models` lists the versions; `millrace promote` chooses one.' });
    await this.setAlias(predictor, 'champion', to, now);
    return { from: current, to };
  }

  async #aliasFile(predictor: string): Promise<AliasFile> {
    const file = path.join(this.#folder, predictor, 'aliases.json');
    const text = await readFile(file, 'utf8').catch(() => undefined);
    return text === undefined ? { aliases: {}, history: [] } : (JSON.parse(text) as AliasFile);
  }

  async #writeAliases(predictor: string, value: AliasFile): Promise<void> {
    const file = path.join(this.#folder, predictor, 'aliases.json');
    const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
    await writeFile(temporary, `${JSON.stringify(value, null, 1)}\n`);
    await rename(temporary, file);
  }

  async #read(predictor: string, version: string, file: string): Promise<string> {
    return readFile(path.join(this.#folder, predictor, version, file), 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw cause.code === 'ENOENT'
        ? new MillraceError('not_found', `there is no version ${version} of ${predictor}`, { where: this.#folder, todo: '`millrace models` lists them.', cause })
        : new MillraceError('io', `the model cannot be read: ${cause.message}`, { where: this.#folder, cause });
    });
  }
}
