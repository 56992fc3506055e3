// What the services allow of a stage's settings: told when it is synthesised, by the setting's own name, and not by a deployment that fails half way.
import { MillraceError, type LearningSettings, type StageSettings } from '../base/index.ts';

export type SageMakerSettings = NonNullable<LearningSettings['sageMaker']>;

type Limit = readonly [setting: string, value: number | undefined, from: number, to: number];

const DAY_HOURS = 24;

function limitsOf({ ingestAtOnce, upkeep = {}, stream = {}, bigFiles = {}, serving = {}, learning = {} }: StageSettings): Limit[] {
  const most = Number.MAX_SAFE_INTEGER;
  return [
    ['ingestAtOnce', ingestAtOnce, 1, most],
    ['upkeep.keepSnapshotsHours', upkeep.keepSnapshotsHours, 0, most],
    ['upkeep.keepStreamSnapshotsHours', upkeep.keepStreamSnapshotsHours, 0, most],
    ['upkeep.keepAtLeast', upkeep.keepAtLeast, 1, most],
    ['upkeep.orphansAfterHours', upkeep.orphansAfterHours, 1, most],
    ['stream.shards', stream.shards, 1, most],
    ['stream.retentionHours', stream.retentionHours, DAY_HOURS, 365 * DAY_HOURS],
    ['stream.bufferSeconds', stream.bufferSeconds, 0, 900],
    ['stream.bufferMb', stream.bufferMb, 1, 128],
    ['stream.featuresPerShard', stream.featuresPerShard, 1, 10],
    ['stream.refreshMinutes', stream.refreshMinutes, 0, 7 * DAY_HOURS * 60],
    ['bigFiles.diskGb', bigFiles.diskGb, 21, 200],
    ['serving.provisioned', serving.provisioned, 0, most],
    ['serving.authorizerCacheSeconds', serving.authorizerCacheSeconds, 0, 3600],
    ['serving.requestsPerSecond', serving.requestsPerSecond, 1, most],
    ['serving.burst', serving.burst, 1, most],
    ['serving.requestsPerAddress', serving.requestsPerAddress, 100, 2_000_000_000],
    ['serving.slowMilliseconds', serving.slowMilliseconds, 1, 29_000],
    ['learning.sageMaker.aboveRows', learning.sageMaker?.aboveRows, 1, most],
    ['learning.sageMaker.maxSeconds', learning.sageMaker?.maxSeconds, 60, 18_000],
    ['learning.sageMaker.diskGb', learning.sageMaker?.diskGb, 1, 16_384],
    ['serving.priceListHour', serving.priceListHour === false ? undefined : serving.priceListHour, 0, 23],
  ];
}

/** @throws MillraceError `usage` that names the setting and what it may be. */
export function checkStage(name: string, settings: StageSettings): void {
  const wrong = (setting: string, found: string, todo: string): MillraceError =>
    new MillraceError('usage', `${setting} of stage '${name}' is ${found}`, { where: 'millrace.config.ts', todo });
  for (const [setting, value, from, to] of limitsOf(settings)) {
    if (value !== undefined && (!Number.isInteger(value) || value < from || value > to)) {
      throw wrong(setting, String(value), `It is a whole number from ${from}${to === Number.MAX_SAFE_INTEGER ? ' on' : ` to ${to}`}.`);
    }
  }
  const { rejectedShare, producers = [] } = settings.stream ?? {};
  if (rejectedShare !== undefined && !(rejectedShare >= 0 && rejectedShare < 1)) throw wrong('stream.rejectedShare', String(rejectedShare), 'It is a share: from 0 to below 1.');
  for (const producer of producers) {
    if (!/^(\d{12}|arn:aws[\w-]*:iam::\d{12}:(role|user)\/.+)$/.test(producer)) throw wrong('stream.producers', `'${producer}'`, 'Name an account by its twelve digits, or a role by its ARN.');
  }
  const { sageMaker } = settings.learning ?? {};
  if (sageMaker !== undefined) checkJobs(sageMaker, settings.region, wrong);
}

/** XGBoost before 2.1 leaves its old binary format in a file without an extension, as the container names it: found out only after the job was paid for. */
function checkJobs({ instanceType, image }: SageMakerSettings, region: string, wrong: (setting: string, found: string, todo: string) => MillraceError): void {
  if (!/^ml\.[a-z0-9-]+\.[a-z0-9]+$/.test(instanceType)) throw wrong('learning.sageMaker.instanceType', `'${instanceType}'`, 'Name one of SageMaker\'s, such as ml.m5.4xlarge.');
  const [, of, major, minor] = /^\d{12}\.dkr\.ecr\.([\w-]+)\.amazonaws\.com(?:\.cn)?\/[\w./-]+:(\d+)\.(\d+)-[\w.-]+$/.exec(image) ?? [];
  if (of !== region) throw wrong('learning.sageMaker.image', `'${image}'`, `Give <account>.dkr.ecr.${region}.amazonaws.com/sagemaker-xgboost:<tag>, with the account that AWS lists for this region.`);
  if (Number(major) * 100 + Number(minor) < 201) throw wrong('learning.sageMaker.image', `XGBoost ${major}.${minor}`, 'Take the container of XGBoost 3.0 or later: older ones leave a model format that is not read.');
}
