// What the services allow of a stage's settings: told when it is synthesised, by the setting's own name, and not by a deployment that fails half way.
import { MillraceError, type StageSettings } from '../base/index.ts';

type Limit = readonly [setting: string, value: number | undefined, from: number, to: number];

const DAY_HOURS = 24;

function limitsOf({ ingestAtOnce, upkeep = {}, stream = {}, bigFiles = {}, serving = {} }: StageSettings): Limit[] {
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
}
