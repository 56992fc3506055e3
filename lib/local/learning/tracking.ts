// A home's versions and aliases at MLflow: what is to be sent is noted first, so that a server that is away costs nothing but time.
import path from 'node:path';
import { messageOf, MillraceError } from '../../base/index.ts';
import { LocalFiles } from '../../lake/index.ts';
import { MlflowClient, MlflowRefusal, mlflowSettings, sendAliases, sendVersion, sentKey, sentVersions, writeModel, type ModelRegistry, type Send } from '../../learning/index.ts';
import type { Runtime } from '../runtime.ts';
import { folderOf, notesOf, whatOf, type Note } from './mlflow-notes.ts';

export interface SentReport {
  sent: string[];
  /** Was not sent. */
  waiting: string[];
  failure?: string;
  /** What the server will never take, with why; it is not tried again. */
  refused: { what: string; why: string }[];
}

export interface TrackingOptions {
  home: Runtime['home'];
  registry: ModelRegistry;
  /** MLFLOW_TRACKING_URI and its like. */
  environment: Readonly<Record<string, string | undefined>>;
  send?: Send;
  /** Nothing more is begun once it is aborted: what is left waits. */
  signal?: AbortSignal;
}

/** Notes that a version, or without one that the aliases of a predictor, are to be sent. Nothing where no server is configured. */
export async function noteForMlflow({ home, environment }: Pick<TrackingOptions, 'home' | 'environment'>, note: Note): Promise<void> {
  if ((environment['MLFLOW_TRACKING_URI'] ?? '') === '') return;
  await new LocalFiles().write(path.join(folderOf(home), `${note.predictor}.${note.version ?? 'aliases'}.json`), Buffer.from(`${JSON.stringify(note)}\n`));
}

/** Sends what waits, versions before aliases. Never throws because of the server: what it does not take now waits on. @throws `usage` where none is configured. */
export async function sendToMlflow({ home, registry, environment, send }: TrackingOptions): Promise<SentReport> {
  const files = new LocalFiles();
  return sendAll((await notesOf(home)).map(({ file, note, what }) => ({ note, what, done: () => files.delete(file) })), { registry, environment, ...(send === undefined ? {} : { send }) });
}

/**
 * Sends what a server lacks of a registry, and the aliases as they stand: for a registry that nobody keeps notes beside, such as an account's. `predictors`: of these
 * alone. Errors as of `sendToMlflow`; what the server does not take now is found again by the next call.
 */
export async function sendRegistryToMlflow({ predictors, ...options }: Omit<TrackingOptions, 'home'> & { predictors?: readonly string[] }): Promise<SentReport> {
  const items: Item[] = [];
  for (const predictor of predictors ?? await options.registry.predictors()) {
    for (const { version } of await options.registry.versions(predictor)) items.push({ note: { predictor, version }, what: whatOf({ predictor, version }), done: async () => undefined });
    items.push({ note: { predictor }, what: whatOf({ predictor }), done: async () => undefined });
  }
  return sendAll(items, options);
}

/** `done`: is called once nothing is to be sent any more, because it was or never will be. */
interface Item { note: Note; what: string; done: () => Promise<void> }

async function sendAll(items: readonly Item[], { registry, environment, send, signal }: Omit<TrackingOptions, 'home'>): Promise<SentReport> {
  const settings = mlflowSettings(environment);
  if (settings === undefined) throw new MillraceError('usage', 'no MLflow server is configured', { where: 'MLFLOW_TRACKING_URI', todo: 'Set it: MLFLOW_TRACKING_URI=http://127.0.0.1:5000.' });
  const client = new MlflowClient(settings, send);
  const report: SentReport = { sent: [], waiting: [], refused: [] };
  /** Of one predictor, asked for once: an account asks for all its versions each time. */
  let known: { predictor: string; numbers: Map<string, string> } | undefined;
  const versionSent = async (predictor: string, version: string): Promise<string> => {
    const card = await registry.card(predictor, version);
    known = known?.predictor === predictor ? known : { predictor, numbers: await sentVersions(client, predictor) };
    const found = known.numbers.get(sentKey(card));
    if (found !== undefined) return found;
    const model = await registry.model(predictor, version);
    const number = await sendVersion(client, { card, model: writeModel(model), isXgboost: model.kind === 'trees', state: await registry.state(predictor) });
    known.numbers.set(sentKey(card), number);
    return number;
  };
  for (const { note, what, done } of items) {
    if (signal?.aborted === true) report.failure ??= 'there was no time left';
    if (report.failure !== undefined) {
      report.waiting.push(what);
      continue;
    }
    try {
      if (note.version === undefined) await sendAliases(client, note.predictor, await registry.state(note.predictor), (version) => versionSent(note.predictor, version));
      else await versionSent(note.predictor, note.version);
      await done();
      report.sent.push(what);
    } catch (thrown) {
      if (isFinal(thrown)) {
        await done();
        report.refused.push({ what, why: thrown.message });
      } else {
        report.failure = messageOf(thrown);
        report.waiting.push(what);
      }
    }
  }
  return report;
}

/** The server will say no again, or what was to be sent is gone or damaged. */
function isFinal(thrown: unknown): thrown is MillraceError {
  return thrown instanceof MlflowRefusal || (thrown instanceof MillraceError && (thrown.code === 'not_found' || thrown.code === 'bad_input'));
}
