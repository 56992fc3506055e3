// The experiments of a home, a file each: what was declared, whether it runs, and since when.
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, syncFolder, writeDurably } from '../../base/index.ts';
import { checkLayers, type Experiment } from '../../experiments/index.ts';

export type ExperimentState = 'draft' | 'running' | 'stopped';

export interface KeptExperiment extends Experiment {
  /** What it decides on: `predict:conversion`, `price`, `shipping`. */
  subject: string;
  state: ExperimentState;
  /** Units of all variants together that the power calculation asked for; occasions where the metric is a ratio. */
  plannedUnits: number;
  /** Milliseconds since 1970. */
  createdAt: number;
  startedAt?: number;
  stoppedAt?: number;
}

export class ExperimentFolder {
  readonly #folder: string;

  constructor(home: { root: string }) {
    this.#folder = path.join(home.root, 'experiments');
  }

  /** All of them, by name. */
  async list(): Promise<KeptExperiment[]> {
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
    return Promise.all(names.map((name) => this.#read(name)));
  }

  /** @throws `not_found` */
  async load(name: string): Promise<KeptExperiment> {
    const all = await this.list();
    const found = all.find((experiment) => experiment.name === name);
    if (found === undefined) throw new MillraceError('not_found', `there is no experiment '${name}'`, { where: this.#folder, todo: all.length === 0 ? 'Make one with `millrace experiment create`.' : `There are ${all.map((one) => one.name).join(', ')}.` });
    return found;
  }

  /** @throws `conflict` where there is one of the name. */
  async create(experiment: KeptExperiment): Promise<void> {
    if ((await this.list()).some(({ name }) => name === experiment.name)) {
      throw new MillraceError('conflict', `there is an experiment '${experiment.name}' already`, { where: this.#folder, todo: 'Choose another name: what an experiment showed stays under its own.' });
    }
    await this.#write(experiment);
  }

  /** Lets units in. @throws `conflict` where it ran before, or where another one that runs has its slots or its subject in the same layer. */
  async start(name: string, now: number): Promise<KeptExperiment> {
    const experiment = await this.load(name);
    if (experiment.state !== 'draft') throw new MillraceError('conflict', `the experiment '${name}' is ${experiment.state}`, { todo: experiment.state === 'stopped' ? 'Make a new one: who has seen it once would count twice.' : '`millrace experiment report` shows what it says so far.' });
    checkLayers([...(await this.list()).filter(({ state }) => state === 'running'), experiment]);
    const started: KeptExperiment = { ...experiment, state: 'running', startedAt: now };
    await this.#write(started);
    return started;
  }

  /** Lets more units in, before it runs or while it does. @throws `conflict` for a lower ramp while it runs, and once it is stopped. */
  async ramp(name: string, share: number): Promise<KeptExperiment> {
    const experiment = await this.load(name);
    if (!(share >= 0 && share <= 1)) throw new MillraceError('usage', `${share} is no share of the units`, { todo: 'Give a number from 0 to 1.' });
    if (experiment.state === 'stopped') throw new MillraceError('conflict', `the experiment '${name}' is stopped`, { todo: 'Make a new one: who has seen it once would count twice.' });
    if (experiment.state === 'running' && share < experiment.ramp) {
      throw new MillraceError('conflict', `the experiment '${name}' lets ${experiment.ramp} of the units in already`, { todo: 'Stop it instead: who has seen it counts on, whatever they get now.' });
    }
    const ramped: KeptExperiment = { ...experiment, ramp: share };
    await this.#write(ramped);
    return ramped;
  }

  async stop(name: string, now: number): Promise<KeptExperiment> {
    const experiment = await this.load(name);
    if (experiment.state !== 'running') throw new MillraceError('conflict', `the experiment '${name}' does not run`, { todo: experiment.state === 'draft' ? 'It is a draft, in which nobody takes part: `millrace experiment start` begins it.' : 'It is stopped already; `millrace experiment report` shows what it said.' });
    const stopped: KeptExperiment = { ...experiment, state: 'stopped', stoppedAt: now };
    await this.#write(stopped);
    return stopped;
  }

  async #read(name: string): Promise<KeptExperiment> {
    const file = path.join(this.#folder, name);
    try {
      return JSON.parse(await readFile(file, 'utf8')) as KeptExperiment;
    } catch (cause) {
      throw new MillraceError('bad_input', 'the file of an experiment cannot be read', { where: file, todo: 'Restore it; the assignment of its units hangs on it.', cause });
    }
  }

  async #write(experiment: KeptExperiment): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const file = path.join(this.#folder, `${experiment.name}.json`);
    const temporary = `${file}.${process.pid}.tmp`; // of this process alone: a second command may write at the same moment
    await writeDurably(temporary, `${JSON.stringify(experiment, null, 1)}\n`);
    await rename(temporary, file);
    await syncFolder(this.#folder);
  }
}
