// Looks at the canaries of a stage every few minutes: by the judgement of a home they go back or take over by themselves, and people are told, at the next look at the latest.
import { messageOf, MillraceError, systemClock } from '../../lib/base/index.ts';
import { refused, type AwsRequests } from '../../lib/base/aws/index.ts';
import { openDynamoDbStore } from '../../lib/features/aws/index.ts';
import type { OnlineStore } from '../../lib/features/index.ts';
import { ModelRegistry, modelStoreOn, scorerOf, type Canary, type CanaryVerdict } from '../../lib/learning/index.ts';
import { canaryOutcomes, sendRegistryToMlflow } from '../../lib/local/learning/index.ts';
import { canaryNotices, judgeCanaries, type CanaryLook, type CanaryNotice, type CanaryNotices } from '../../lib/serving/aws/index.ts';
import type { Engine } from '../../lib/warehouse/index.ts';
import { lambdaContext, type AwsContext } from '../shared/context.ts';
import { settingOf } from '../shared/environment.ts';
import { asTask } from '../shared/handler.ts';
import { mlflowOf, type MlflowEnvironment } from '../shared/mlflow.ts';
import { PREDICTOR_NAMES } from '../shared/predictor-names.ts';
import { dynamoDbOf, signedService } from '../shared/signed-services.ts';
import { canaryMetrics } from './metrics.ts';

export interface JudgeContext extends Pick<AwsContext, 'lake' | 'clock'> {
  engine: Pick<Engine, 'query'>;
  registry: ModelRegistry;
  /** Of the API. */
  store: Pick<OnlineStore, 'get' | 'write'>;
  /** Tells people. */
  tell: (subject: string, message: string) => Promise<void>;
  print: (line: string) => void;
  mlflow?: MlflowEnvironment;
}

export interface JudgeResult { canaries: { predictor: string; version: string; verdict: string; reasons: readonly string[] }[] }

/** `stage`: `millrace-dev`. @throws `io` with all that could not be looked at, once everything else was. */
export async function judge({ lake, engine, clock, registry, store, tell, print, mlflow }: JudgeContext, stage: string, predictors: readonly string[]): Promise<JudgeResult> {
  const notices = canaryNotices(store);
  const { looks, failures } = await judgeCanaries({
    registry, store, clock, canLoad: (predictor, version) => canLoad(registry, predictor, version),
    outcomes: (predictor, canary, champion) => canaryOutcomes({ lake, clock, engine: async () => engine }, predictor, canary, champion),
    ending: (predictor, canary, verdict) => notices.keep(predictor, noticeOf(predictor, canary, verdict)),
  }, predictors);
  print(canaryMetrics(looks, failures, stage, clock.now()));
  for (const predictor of predictors) {
    const look = looks.find((one) => one.predictor === predictor);
    await tellOf({ notices, registry }, predictor, look, (text) => tell(`${stage}: canary of ${predictor}`, text)).catch((thrown: unknown) => failures.push(messageOf(thrown)));
    if (look?.end !== undefined && mlflow !== undefined) await tellMlflow(registry, mlflow, predictor).catch((thrown: unknown) => print(JSON.stringify({ level: 'WARN', message: `MLflow was not told of ${predictor}: ${messageOf(thrown)}` })));
  }
  if (failures.length > 0) throw new MillraceError('io', failures.join('; '), { todo: 'The next call looks again.' });
  return { canaries: looks.map(({ predictor, canary: { version }, verdict: { verdict, reasons } }) => ({ predictor, version, verdict, reasons })) };
}

function noticeOf(predictor: string, { version, startedAt }: Pick<Canary, 'version' | 'startedAt'>, { verdict, reasons }: CanaryVerdict): CanaryNotice {
  return { startedAt, text: verdict === 'complete' ? `version ${version} of ${predictor} answers everybody from now on: its canary went well` : `version ${version} of ${predictor} was rolled back: ${reasons.join('; ')}` };
}

/** What waits to be told of a predictor, from this look or one before. `look`: the canary of this call, whose end is told even where the table does not answer. @throws where somebody was not told */
async function tellOf({ notices, registry }: { notices: CanaryNotices; registry: ModelRegistry }, predictor: string, look: CanaryLook | undefined, tell: (text: string) => Promise<void>): Promise<void> {
  const ended = look?.end === undefined ? [] : [noticeOf(predictor, look.canary, look.verdict)];
  const kept = await notices.waiting(predictor).catch((thrown: unknown) => messageOf(thrown));
  const waiting = typeof kept === 'string' ? ended : [...kept, ...ended.filter(({ startedAt }) => !kept.some((one) => one.startedAt === startedAt))];
  const running = waiting.length === 0 ? undefined : (await registry.state(predictor)).canary?.startedAt;
  for (const { startedAt, text } of waiting) {
    // Noted by a call that could not end the canary then, or whose canary somebody else has ended: there is nothing to tell.
    const isNone = running === startedAt || (look?.canary.startedAt === startedAt && look.end === undefined);
    if (!isNone) await tell(text).catch((thrown: unknown) => { throw new Error(`nobody was told yet that ${text}: ${messageOf(thrown)}`); });
    if (typeof kept !== 'string') await notices.drop(predictor, startedAt);
  }
  if (typeof kept === 'string') throw new Error(`what waits to be told of ${predictor} cannot be read: ${kept}`);
}

/** How its aliases stand now. What the server does not take now it is told with the next training. */
async function tellMlflow(registry: ModelRegistry, mlflow: MlflowEnvironment, predictor: string): Promise<void> {
  const { failure, refused } = await sendRegistryToMlflow({ registry, environment: await mlflow(), predictors: [predictor], signal: AbortSignal.timeout(MLFLOW_MS) });
  const [first] = refused;
  if (failure !== undefined || first !== undefined) throw new Error(failure ?? `${first!.what}: ${first!.why}`);
}

/** A server that lacks much is sent it by the next training. */
const MLFLOW_MS = 60_000;

/** As the scoring function loads it. @throws where the bucket does not answer, which says nothing of the model. */
async function canLoad(registry: ModelRegistry, predictor: string, version: string): Promise<boolean> {
  try {
    return scorerOf(await registry.model(predictor, version)) !== undefined;
  } catch (thrown) {
    if (thrown instanceof MillraceError && (thrown.code === 'bad_input' || thrown.code === 'not_found')) return false;
    throw thrown;
  }
}

/** To the topic of the data team, by the service's own form. */
export function topicTold(sns: AwsRequests, topic: string): JudgeContext['tell'] {
  return async (subject, message) => {
    const body = new URLSearchParams({ Action: 'Publish', Version: '2010-03-31', TopicArn: topic, Subject: subject.slice(0, 100), Message: message }).toString();
    const answer = await sns({ method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
    if (answer.status !== 200) throw refused(`telling ${topic}`, answer);
  };
}

export const handler = asTask((context: AwsContext) => {
  const setting = (name: string): string => settingOf(process.env, name, 'serving');
  const store = openDynamoDbStore({ calls: dynamoDbOf(process.env, systemClock), table: setting('MILLRACE_API_TABLE'), clock: systemClock });
  const tell = topicTold(signedService('sns', process.env, systemClock, { timeoutMilliseconds: 5_000 }), setting('MILLRACE_TOPIC'));
  // Past the console, which would wrap the line: the service reads metrics from lines that are nothing else.
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const registry = new ModelRegistry(modelStoreOn(context.lake.context.files, `s3://${setting('MILLRACE_MODELS')}/registry`));
  const mlflow = mlflowOf(process.env);
  return judge({ ...context, registry, store, tell, print, ...(mlflow === undefined ? {} : { mlflow }) }, `${setting('MILLRACE_APP')}-${setting('MILLRACE_STAGE')}`, PREDICTOR_NAMES);
}, lambdaContext());
