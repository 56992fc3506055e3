// Looks at the canaries of a stage every few minutes: by the judgement of a home they go back or take over by themselves, and people are told.
import { MillraceError, systemClock } from '../../lib/base/index.ts';
import { refused, type AwsRequests } from '../../lib/base/aws/index.ts';
import { openDynamoDbStore } from '../../lib/features/aws/index.ts';
import type { OnlineStore } from '../../lib/features/index.ts';
import { ModelRegistry, modelStoreOn, scorerOf } from '../../lib/learning/index.ts';
import { canaryOutcomes } from '../../lib/local/learning/index.ts';
import { judgeCanaries, type CanaryLook } from '../../lib/serving/aws/index.ts';
import { lambdaContext, type AwsContext } from '../shared/context.ts';
import { settingOf } from '../shared/environment.ts';
import { asTask } from '../shared/handler.ts';
import { PREDICTOR_NAMES } from '../shared/predictor-names.ts';
import { dynamoDbOf, signedService } from '../shared/signed-services.ts';
import { canaryMetrics } from './metrics.ts';

export interface JudgeContext extends Pick<AwsContext, 'lake' | 'engine' | 'clock'> {
  registry: ModelRegistry;
  /** Of the API. */
  store: Pick<OnlineStore, 'get'>;
  /** Tells people. */
  tell: (subject: string, message: string) => Promise<void>;
  print: (line: string) => void;
}

export interface JudgeResult { canaries: { predictor: string; version: string; verdict: string; reasons: readonly string[] }[] }

/** `stage`: `millrace-dev`. @throws `io` with all that could not be looked at, once everything else was. */
export async function judge({ lake, engine, clock, registry, store, tell, print }: JudgeContext, stage: string, predictors: readonly string[]): Promise<JudgeResult> {
  const { looks, failures } = await judgeCanaries({
    registry, store, clock, canLoad: (predictor, version) => canLoad(registry, predictor, version),
    outcomes: (predictor, canary, champion) => canaryOutcomes({ lake, clock, engine: async () => engine as never }, predictor, canary, champion),
  }, predictors);
  print(canaryMetrics(looks, failures, stage, clock.now()));
  for (const look of looks) {
    const told = endOf(look);
    if (told !== undefined) await tell(`${stage}: canary of ${look.predictor}`, told).catch((thrown: unknown) => failures.push(`nobody was told that ${told}: ${String(thrown)}`));
  }
  if (failures.length > 0) throw new MillraceError('io', failures.join('; '), { todo: 'The next call looks again.' });
  return { canaries: looks.map(({ predictor, canary: { version }, verdict: { verdict, reasons } }) => ({ predictor, version, verdict, reasons })) };
}

function endOf({ predictor, end }: CanaryLook): string | undefined {
  if (end === undefined) return undefined;
  return end.outcome === 'completed' ? `version ${end.version} of ${predictor} answers everybody from now on: its canary went well` : `version ${end.version} of ${predictor} was rolled back: ${end.reasons.join('; ')}`;
}

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
  return judge({ ...context, registry, store, tell, print }, `${setting('MILLRACE_APP')}-${setting('MILLRACE_STAGE')}`, PREDICTOR_NAMES);
}, lambdaContext());
