// Settings that a service would refuse are refused before anything is deployed.
import { describe, expect, it } from 'vitest';
import { checkStage } from '../../lib/stacks/stage-limits.ts';
import type { StageSettings } from '../../lib/base/index.ts';

const good: StageSettings = { region: 'eu-central-1', scanLimitBytes: 1, deletable: false };
const refused = (more: Partial<StageSettings>) => {
  try {
    checkStage('dev', { ...good, ...more });
  } catch (error) {
    return [(error as Error).message, (error as { todo?: string }).todo];
  }
  return undefined;
};

describe('a setting', () => {
  it('that is out of what the service takes is told by its name, with what it may be', () => {
    expect(refused({ stream: { bufferSeconds: 1000 } })).toEqual(["stream.bufferSeconds of stage 'dev' is 1000", 'It is a whole number from 0 to 900.']);
    expect(refused({ stream: { retentionHours: 12 } })).toEqual(["stream.retentionHours of stage 'dev' is 12", 'It is a whole number from 24 to 8760.']);
    expect(refused({ stream: { shards: 1.5 } })).toEqual(["stream.shards of stage 'dev' is 1.5", 'It is a whole number from 1 on.']);
    expect(refused({ stream: { rejectedShare: 5 } })?.[0]).toBe("stream.rejectedShare of stage 'dev' is 5");
    expect(refused({ stream: { producers: ['12345'] } })).toEqual(["stream.producers of stage 'dev' is '12345'", 'Name an account by its twelve digits, or a role by its ARN.']);
    expect(refused({ upkeep: { orphansAfterHours: 0 } })?.[0]).toBe("upkeep.orphansAfterHours of stage 'dev' is 0");
    expect(refused({ bigFiles: { diskGb: 500 } })?.[1]).toBe('It is a whole number from 21 to 200.');
  });

  it.each([
    [{ serving: { fallbackShare: 20 } }, 'serving.fallbackShare', '20', 'It is a share: from 0 to below 1.'],
    [{ learning: { skewShare: 1 } }, 'learning.skewShare', '1', 'It is a share: from 0 to below 1.'],
    [{ learning: { calibrationError: -1 } }, 'learning.calibrationError', '-1', 'It is a share: from 0 to below 1.'],
    [{ learning: { driftPsi: Number.NaN } }, 'learning.driftPsi', 'NaN', 'It is 0 or more; 0.25 is usual.'],
    [{ learning: { weekDay: 'on Sundays' } }, 'learning.weekDay', "'on Sundays'", 'Write days as a cron has them: SUN, MON-FRI, TUE,THU, or *.'],
    [{ learning: { mlflow: { uri: 'mlflow.shop.example' } } }, 'learning.mlflow.uri', "'mlflow.shop.example'", 'Give the address of a server: https://mlflow.shop.example.'],
    [{ learning: { mlflow: { uri: 'arn:aws:sagemaker:eu-central-1:123456789012:mlflow-tracking-server/m' } } }, 'learning.mlflow.uri', "'arn:aws:sagemaker:eu-central-1:123456789012:mlflow-tracking-server/m'", 'Give the address of a server: https://mlflow.shop.example.'],
    [{ learning: { mlflow: { uri: 'https://ann:pw@mlflow.shop.example' } } }, 'learning.mlflow.uri', 'an address with credentials in it', 'Put them into a secret, and name that in learning.mlflow.secret.'],
    [{ learning: { mlflow: { uri: 'http://mlflow.shop.example', secret: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:mlflow-AbCdEf' } } }, 'learning.mlflow.uri', "'http://mlflow.shop.example'", 'With a secret the address begins with https:, so that nobody on the way reads it.'],
    [{ learning: { mlflow: { uri: 'https://mlflow.shop.example', secret: 'mlflow' } } }, 'learning.mlflow.secret', "'mlflow'", 'Give the whole ARN of a secret that is in eu-central-1, as aws secretsmanager describe-secret shows it.'],
    [{ serving: { plans: {} } }, 'serving.plans', 'empty', 'Every key is under a plan: declare one, or leave the setting out.'],
    [{ serving: { plans: { 'Two words': { ratePerSecond: 1 } } } }, 'serving.plans', "'Two words'", 'A plan has a name of letters, digits, _ and -, from a small letter on.'],
    [{ serving: { plans: { shop: { ratePerSecond: 0 } } } }, 'serving.plans.shop.ratePerSecond', '0', 'It is above 0.'],
    [{ serving: { plans: { shop: { ratePerSecond: 5, dailyQuota: 0.5 } } } }, 'serving.plans.shop.dailyQuota', '0.5', 'It is a whole number from 1 on.'],
    [{ serving: { deployment: 'slowly' as never } }, 'serving.deployment', "'slowly'", 'It is one of canary10Percent5Minutes, canary10Percent15Minutes, linear10PercentEvery1Minute, allAtOnce.'],
    [{ serving: { domain: { name: 'https://api.shop.example', certificateArn: '' } } }, 'serving.domain.name', "'https://api.shop.example'", 'Write a name such as api.shop.example, in small letters.'],
    [{ serving: { domain: { name: 'api.shop.example', certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/abc' } } }, 'serving.domain.certificateArn', "'arn:aws:acm:us-east-1:123456789012:certificate/abc'", 'Give the ARN of a certificate that ACM has in eu-central-1, where the API is.'],
  ] as [Partial<StageSettings>, string, string, string][])('of the API or of learning that cannot be is told by its name: %j', (more, setting, found, todo) => {
    expect(refused(more)).toEqual([`${setting} of stage 'dev' is ${found}`, todo]);
  });

  it('that is left out, or fits, is fine', () => {
    expect(refused({ serving: { plans: { shop: { ratePerSecond: 0.5, burst: 3, dailyQuota: 1000 } }, fallbackShare: 0, deployment: 'allAtOnce', domain: { name: 'api.shop.example', certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/abc' } }, learning: { weekDay: 'MON-FRI', driftPsi: 0, mlflow: { uri: 'http://10.0.0.1:5000' } } })).toBeUndefined();
    expect(refused({})).toBeUndefined();
    expect(refused({ stream: { bufferSeconds: 0, refreshMinutes: 0, producers: ['123456789012', 'arn:aws:iam::210987654321:role/till'] }, bigFiles: {}, upkeep: {} })).toBeUndefined();
  });
});
