// What the services allow of a stage's settings: told when it is synthesised, by the setting's own name, and not by a deployment that fails half way.
import { MillraceError, type LearningSettings, type MlflowServerSettings, type StageSettings } from '../base/index.ts';

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
    ['upkeep.keepAnswersDays', upkeep.keepAnswersDays, 1, 3650],
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
  const wrong: Wrong = (setting, found, todo) =>
    new MillraceError('usage', `${setting} of stage '${name}' is ${found}`, { where: 'millrace.config.ts', todo });
  for (const [setting, value, from, to] of limitsOf(settings)) {
    if (value !== undefined && (!Number.isInteger(value) || value < from || value > to)) {
      throw wrong(setting, String(value), `It is a whole number from ${from}${to === Number.MAX_SAFE_INTEGER ? ' on' : ` to ${to}`}.`);
    }
  }
  const { producers = [] } = settings.stream ?? {};
  for (const [setting, share] of [
    ['stream.rejectedShare', settings.stream?.rejectedShare], ['serving.fallbackShare', settings.serving?.fallbackShare], ['learning.skewShare', settings.learning?.skewShare], ['learning.calibrationError', settings.learning?.calibrationError],
  ] as const) {
    if (share !== undefined && !(share >= 0 && share < 1)) throw wrong(setting, String(share), 'It is a share: from 0 to below 1.');
  }
  const { driftPsi, weekDay } = settings.learning ?? {};
  if (driftPsi !== undefined && !(driftPsi >= 0)) throw wrong('learning.driftPsi', String(driftPsi), 'It is 0 or more; 0.25 is usual.');
  if (weekDay !== undefined && !/^(\*|[\w,#-]+)$/.test(weekDay)) throw wrong('learning.weekDay', `'${weekDay}'`, 'Write days as a cron has them: SUN, MON-FRI, TUE,THU, or *.');
  checkApi(settings, wrong);
  for (const producer of producers) {
    if (!/^(\d{12}|arn:aws[\w-]*:iam::\d{12}:(role|user)\/.+)$/.test(producer)) throw wrong('stream.producers', `'${producer}'`, 'Name an account by its twelve digits, or a role by its ARN.');
  }
  const { sageMaker, mlflow } = settings.learning ?? {};
  if (mlflow !== undefined) checkMlflow(mlflow, settings.region, wrong);
  if (sageMaker !== undefined) checkJobs(sageMaker, settings.region, wrong);
}

/** Functions reach a server by its address alone; what lets them in is never sent, nor kept in a template, as plain text. */
function checkMlflow({ uri, secret }: MlflowServerSettings, region: string, wrong: Wrong): void {
  const address = URL.canParse(uri) ? new URL(uri) : undefined;
  if (address !== undefined && (address.username !== '' || address.password !== '')) throw wrong('learning.mlflow.uri', 'an address with credentials in it', 'Put them into a secret, and name that in learning.mlflow.secret.');
  if (address === undefined || !/^https?:$/.test(address.protocol)) throw wrong('learning.mlflow.uri', `'${uri}'`, 'Give the address of a server: https://mlflow.shop.example.');
  if (secret === undefined) return;
  if (address.protocol === 'http:') throw wrong('learning.mlflow.uri', `'${uri}'`, 'With a secret the address begins with https:, so that nobody on the way reads it.');
  const [, of] = /^arn:aws[\w-]*:secretsmanager:([\w-]+):\d{12}:secret:[\w/+=.@-]+-\w{6}$/.exec(secret) ?? [];
  if (of !== region) throw wrong('learning.mlflow.secret', `'${secret}'`, `Give the whole ARN of a secret that is in ${region}, as aws secretsmanager describe-secret shows it.`);
}

type Wrong = (setting: string, found: string, todo: string) => MillraceError;

/** Plans under which keys are counted, and the API's own name. */
function checkApi({ region, serving: { plans, domain, deployment } = {} }: StageSettings, wrong: Wrong): void {
  if (plans !== undefined && Object.keys(plans).length === 0) throw wrong('serving.plans', 'empty', 'Every key is under a plan: declare one, or leave the setting out.');
  for (const [plan, { ratePerSecond, burst, dailyQuota }] of Object.entries(plans ?? {})) {
    if (!/^[a-z][\w-]{0,60}$/.test(plan)) throw wrong('serving.plans', `'${plan}'`, 'A plan has a name of letters, digits, _ and -, from a small letter on.');
    if (!(ratePerSecond > 0)) throw wrong(`serving.plans.${plan}.ratePerSecond`, String(ratePerSecond), 'It is above 0.');
    for (const [limit, value] of [['burst', burst], ['dailyQuota', dailyQuota]] as const) {
      if (value !== undefined && !(Number.isInteger(value) && value >= 1)) throw wrong(`serving.plans.${plan}.${limit}`, String(value), 'It is a whole number from 1 on.');
    }
  }
  if (deployment !== undefined && !DEPLOYMENTS.includes(deployment)) throw wrong('serving.deployment', `'${String(deployment)}'`, `It is one of ${DEPLOYMENTS.join(', ')}.`);
  if (domain === undefined) return;
  if (!/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/.test(domain.name)) throw wrong('serving.domain.name', `'${domain.name}'`, 'Write a name such as api.shop.example, in small letters.');
  const [, of] = /^arn:aws[\w-]*:acm:([\w-]+):\d{12}:certificate\/.+$/.exec(domain.certificateArn) ?? [];
  if (of !== region) throw wrong('serving.domain.certificateArn', `'${domain.certificateArn}'`, `Give the ARN of a certificate that ACM has in ${region}, where the API is.`);
}

const DEPLOYMENTS = ['canary10Percent5Minutes', 'canary10Percent15Minutes', 'linear10PercentEvery1Minute', 'allAtOnce'];

/** XGBoost before 2.1 leaves its old binary format in a file without an extension, as the container names it: found out only after the job was paid for. */
function checkJobs({ instanceType, image }: SageMakerSettings, region: string, wrong: Wrong): void {
  if (!/^ml\.[a-z0-9-]+\.[a-z0-9]+$/.test(instanceType)) throw wrong('learning.sageMaker.instanceType', `'${instanceType}'`, 'Name one of SageMaker\'s, such as ml.m5.4xlarge.');
  const [, of, major, minor] = /^\d{12}\.dkr\.ecr\.([\w-]+)\.amazonaws\.com(?:\.cn)?\/[\w./-]+:(\d+)\.(\d+)-[\w.-]+$/.exec(image) ?? [];
  if (of !== region) throw wrong('learning.sageMaker.image', `'${image}'`, `Give <account>.dkr.ecr.${region}.amazonaws.com/sagemaker-xgboost:<tag>, with the account that AWS lists for this region.`);
  if (Number(major) * 100 + Number(minor) < 201) throw wrong('learning.sageMaker.image', `XGBoost ${major}.${minor}`, 'Take the container of XGBoost 3.0 or later: older ones leave a model format that is not read.');
}
