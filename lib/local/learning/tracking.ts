// A home's versions and aliases at MLflow: what is to be sent is noted first, so that a server that is away costs nothing but time.
import path from 'node:path';
import { messageOf, MillraceError } from '../../base/index.ts';
import { LocalFiles } from '../../lake/index.ts';
import { MlflowClient, MlflowRefusal, mlflowSettings, sendAliases, sendVersion, sentVersion, writeModel, type ModelRegistry, type Send } from '../../learning/index.ts';
import type { Runtime } from '../runtime.ts';
import { folderOf, notesOf, type Note } from './mlflow-notes.ts';

export interface SentReport {
  sent: string[];
  /** Waits in the home, with why. */
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
}

/** Notes that a version, or without one that the aliases of a predictor, are to be sent. Nothing where no server is configured. */
export async function noteForMlflow({ home, environment }: Pick<TrackingOptions, 'home' | 'environment'>, note: Note): Promise<void> {
  if ((environment['MLFLOW_TRACKING_URI'] ?? '') === '') return;
  await new LocalFiles().write(path.join(folderOf(home), `${note.predictor}.${note.version ?? 'aliases'}.json`), Buffer.from(`${JSON.stringify(note)}\n`));
}

/** Sends what waits, versions before aliases. Never throws because of the server: what it does not take now waits on. @throws `usage` where none is configured. */
export async function sendToMlflow({ home, registry, environment, send }: TrackingOptions): Promise<SentReport> {
  const settings = mlflowSettings(environment);
  if (settings === undefined) throw new MillraceError('usage', 'no MLflow server is configured', { where: 'MLFLOW_TRACKING_URI', todo: 'Set it: MLFLOW_TRACKING_URI=http://127.0.0.1:5000.' });
  const client = new MlflowClient(settings, send);
  const files = new LocalFiles();
  const report: SentReport = { sent: [], waiting: [], refused: [] };
  const versionSent = async (predictor: string, version: string): Promise<string> => {
    const card = await registry.card(predictor, version);
    const known = await sentVersion(client, card);
    if (known !== undefined) return known;
    const model = await registry.model(predictor, version);
    return sendVersion(client, { card, model: writeModel(model), isXgboost: model.kind === 'trees', state: await registry.state(predictor) });
  };
  for (const { file, note, what } of await notesOf(home)) {
    if (report.failure !== undefined) {
      report.waiting.push(what);
      continue;
    }
    try {
      if (note.version === undefined) await sendAliases(client, note.predictor, await registry.state(note.predictor), (version) => versionSent(note.predictor, version));
      else await versionSent(note.predictor, note.version);
      await files.delete(file);
      report.sent.push(what);
    } catch (thrown) {
      if (thrown instanceof MlflowRefusal || (thrown instanceof MillraceError && thrown.code === 'not_found')) {
        await files.delete(file);
        report.refused.push({ what, why: thrown.message });
      } else {
        report.failure = messageOf(thrown);
        report.waiting.push(what);
      }
    }
  }
  return report;
}
