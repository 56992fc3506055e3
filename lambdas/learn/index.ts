// Learning in an account, a step a call: the state machine of lib/stacks/learning-machine.ts goes from predictor to predictor.
import type { Context } from 'aws-lambda';
import { MillraceError } from '../../lib/base/index.ts';
import type { LeakCheck } from '../../lib/learning/index.ts';
import { lookThrough, monitorHome, predictInHome, predictorNamed, prepareTraining, sendRegistryToMlflow, trainPrepared, type Runtime, type TrainingReport, type TrainPredictorOptions } from '../../lib/local/index.ts';
import type { AwsContext } from '../shared/context.ts';
import { settingOf } from '../shared/environment.ts';
import { lambdaContext } from '../shared/context.ts';
import { asTask } from '../shared/handler.ts';
import { mlflowOf, type MlflowEnvironment } from '../shared/mlflow.ts';
import { withDuckDb } from '../shared/with-duckdb.ts';
import { jobResult, orderJob, type JobOrder, type JobPlace } from './job.ts';
import { driftMetrics, mlflowMetrics, trainingMetrics } from './metrics.ts';
import { learningRuntime, type LearningRuntime } from './runtime.ts';

/** Settings are searched for first, as by `millrace train --tune`. */
export interface TuneEvent { trials?: number; seconds?: number; seed?: number }

export type LearnEvent =
  /** Which predictors there are, those asked for or all. A state machine says null for what nobody asked for. */
  | { step: 'plan'; predictors?: string[] | null }
  /** Looks for features that see their future, before anything is trained; what was looked through for an earlier version is not looked through again. */
  | { step: 'look'; predictor: string; as_of?: string | null; allow_leaks?: boolean }
  /** A version, or the order for a training job where the stage has them and there are too many rows. The version goes through the gate; it answers from then on unless `keep_champion`. `looked`: what `look` found; without it this step looks; null: nobody is to. */
  | { step: 'train'; predictor: string; as_of?: string | null; keep_champion?: boolean; allow_leaks?: boolean; looked?: LeakCheck | null; tune?: TuneEvent | null }
  /** The version whose trees a training job grew from the rows that `train` gave it; it is measured, judged and kept like one that grew here. */
  | { step: 'adopt'; predictor: string; job: Pick<JobOrder, 'prepared' | 'output'>; artifact: string; keep_champion?: boolean; allow_leaks?: boolean; looked?: LeakCheck | null }
  /** The champion's batch predictions, into gold by one commit. */
  | { step: 'predict'; predictor: string; as_of?: string | null }
  /** Drift and skew of the versions that answered lately. */
  | { step: 'monitor' }
  /** The stage's MLflow server is sent what it lacks of the registry, and who answers. What it does not take now, it is sent the next time. */
  | { step: 'tell' };

/** What a state gives on is limited: the card of a version is in the registry. */
export type LearnResult =
  | { predictors: string[] }
  /** null: there are no features to look at, or no rows. */
  | { predictor: string; looked: LeakCheck | null }
  /** `suspects`: features that foretell the label almost alone. */
  | { predictor: string; version: string; promoted: boolean; reasons: string[]; suspects: string[]; metrics: Readonly<Record<string, number>> }
  | { predictor: string; job: JobOrder }
  | { predictor: string; table: string; rows: number; version: string }
  | { versions: number; drifting: string[]; skewed: string[] }
  /** How many versions and aliases stand there as they do here, what waits, and what the server will never take. */
  | { told: number; waiting: string[]; refused: string[]; failure?: string };

/** Before the function would be stopped. */
const MARGIN_MS = 30_000;

export interface LearnOptions {
  /** A line of the function's log. */
  tell: (line: string) => void;
  /** `millrace-dev` */
  stage: string;
  jobs?: JobPlace;
  mlflow?: MlflowEnvironment;
}

export async function learn(runtime: LearningRuntime, event: LearnEvent, { tell, stage, jobs, mlflow }: LearnOptions): Promise<LearnResult> {
  const home = runtime as Runtime;
  const now = () => runtime.clock.now();
  const kept = ({ card, gate, promoted }: TrainingReport): LearnResult => {
    tell(trainingMetrics(card, promoted, stage, now()));
    return { predictor: card.predictor, version: card.version, promoted, reasons: gate.passes ? [] : [...gate.reasons], suspects: (card.suspects ?? []).map(({ feature }) => feature), metrics: card.metrics };
  };
  switch (event.step) {
    case 'plan': {
      const declared = [...runtime.learning!.predictors.keys()].sort();
      const asked = event.predictors ?? declared;
      for (const name of asked) await predictorNamed(home, name);
      return { predictors: declared.filter((name) => asked.includes(name)) };
    }
    case 'look': {
      const looked = await lookThrough(home, event.predictor, { ...asOf(event), allowLeaks: event.allow_leaks === true });
      return { predictor: event.predictor, looked: looked ?? null };
    }
    case 'train': {
      const prepared = await prepareTraining(home, event.predictor, asOf(event));
      const tune = searchOf(event.tune);
      const job = jobs === undefined ? undefined : await orderJob(runtime, prepared, jobs, stage, { tune: tune !== undefined });
      if (job !== undefined) return { predictor: event.predictor, job };
      return kept(await trainPrepared(home, prepared, { ...optionsOf(event), ...(tune === undefined ? {} : { tune }) }));
    }
    case 'adopt': {
      const { prepared, grown } = await jobResult(runtime, event.predictor, event.job, event.artifact);
      return kept(await trainPrepared(home, prepared, { ...optionsOf(event), grown }));
    }
    case 'predict': {
      const { table, rows, version } = await predictInHome(home, event.predictor, asOf(event));
      return { predictor: event.predictor, table, rows, version };
    }
    case 'monitor': {
      const { versions } = await monitorHome(home);
      for (const version of versions) tell(driftMetrics(version, stage, now()));
      const named = (found: (typeof versions)[number], feature: string): string => `${found.predictor} ${found.version} ${feature}`;
      return {
        versions: versions.length,
        drifting: versions.flatMap((found) => found.drift.filter(({ status }) => status === 'drifted').map(({ feature }) => named(found, feature))).slice(0, 50),
        skewed: versions.flatMap((found) => found.skew.filter(({ status }) => status === 'skewed').map(({ feature }) => named(found, feature))).slice(0, 50),
      };
    }
    case 'tell': {
      const { sent, waiting, refused, failure } = await sendRegistryToMlflow({ registry: runtime.learning!.registry, environment: await mlflow?.() ?? {}, ...(runtime.signal === undefined ? {} : { signal: runtime.signal }) });
      tell(mlflowMetrics({ sent, waiting, refused, ...(failure === undefined ? {} : { failure }) }, stage, now()));
      return { told: sent.length, waiting: waiting.slice(0, 50), refused: refused.map(({ what, why }) => `${what}: ${why}`.slice(0, 300)).slice(0, 50), ...(failure === undefined ? {} : { failure }) };
    }
  }
}

function optionsOf({ keep_champion: keepChampion, allow_leaks: allowLeaks, looked }: Extract<LearnEvent, { step: 'train' | 'adopt' }>): Omit<TrainPredictorOptions, 'asOf'> {
  return { keepChampion: keepChampion === true, allowLeaks: allowLeaks === true, ...(looked === undefined ? {} : looked === null ? { withoutLeakCheck: true } : { looked }) };
}

/** No trial begins after so long: what follows the search has to be done within the function's time, too. */
const MOST_SEARCH_SECONDS = 480;

/** @throws `bad_input` for what is no search. */
function searchOf(tune: TuneEvent | null | undefined): TrainPredictorOptions['tune'] {
  if (tune === undefined || tune === null) return undefined;
  const { trials, seconds = MOST_SEARCH_SECONDS, seed } = tune;
  for (const [name, value, from, to] of [['trials', trials, 1, 1000], ['seconds', seconds, 1, MOST_SEARCH_SECONDS], ['seed', seed, 0, 2 ** 31]] as const) {
    if (value !== undefined && !(Number.isInteger(value) && value >= from && value <= to)) throw new MillraceError('bad_input', `tune.${name} is ${JSON.stringify(value)}`, { todo: `It is a whole number from ${from} to ${to}.` });
  }
  return { seconds, ...(trials === undefined ? {} : { trials }), ...(seed === undefined ? {} : { seed }) };
}

const asOf = ({ as_of: date }: { as_of?: string | null }): { asOf?: string } => (date === undefined || date === null ? {} : { asOf: date });

export const handler = asTask((context: AwsContext, event: LearnEvent, lambda?: Context) => {
  const signal = AbortSignal.timeout(Math.max(1, (lambda?.getRemainingTimeInMillis() ?? 900_000) - MARGIN_MS));
  const stage = `${settingOf(process.env, 'MILLRACE_APP', 'learning')}-${settingOf(process.env, 'MILLRACE_STAGE', 'learning')}`;
  const models = settingOf(process.env, 'MILLRACE_MODELS', 'learning');
  const aboveRows = process.env['MILLRACE_JOBS_ABOVE_ROWS'];
  const jobs = aboveRows === undefined ? undefined : { aboveRows: Number(aboveRows), folder: `s3://${models}/training` };
  // Past the console, which would wrap the line: the service reads metrics from lines that are nothing else.
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  const mlflow = mlflowOf(process.env);
  return learn(learningRuntime(context, models, signal), event, { tell, stage, ...(jobs === undefined ? {} : { jobs }), ...(mlflow === undefined ? {} : { mlflow }) });
}, lambdaContext(withDuckDb));
