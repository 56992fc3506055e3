// The registry of a stage in an account, for who works with it from elsewhere: with the credentials that the SDK finds.
import { S3Client } from '@aws-sdk/client-s3';
import { MillraceError, type Clock } from '../../base/index.ts';
import { awsRequests, refused, textOf } from '../../base/aws/index.ts';
import { S3Files } from '../../lake/aws/index.ts';
import { ModelRegistry } from '../registry/registry.ts';
import { modelStoreOn } from '../registry/store.ts';

export interface AccountRegistryOptions {
  /** `millrace-dev` */
  stage: string;
  region: string;
  /** Its number; default: the account of the credentials. */
  account?: string;
  clock: Clock;
  /** Of a rehearsal. */
  endpoints?: { s3: string; sts: string };
}

export async function openAccountRegistry({ stage, region, account, clock, endpoints }: AccountRegistryOptions): Promise<ModelRegistry> {
  const client = new S3Client({ region, ...(endpoints === undefined ? {} : { endpoint: endpoints.s3, forcePathStyle: true }) });
  const credentials = async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials().catch((cause: unknown) => {
      throw new MillraceError('usage', 'AWS credentials are needed', { todo: 'Sign in (aws sso login), or set AWS_PROFILE.', cause });
    });
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  };
  const number = account ?? await accountOf(awsRequests({ service: 'sts', region, clock, credentials, timeoutMilliseconds: 10_000, ...(endpoints === undefined ? {} : { endpoint: endpoints.sts }) }));
  return new ModelRegistry(modelStoreOn(new S3Files(client), `s3://${stage}-models-${number}-${region}/registry`));
}

async function accountOf(sts: ReturnType<typeof awsRequests>): Promise<string> {
  const answer = await sts({ method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'Action=GetCallerIdentity&Version=2011-06-15' });
  const number = /<Account>(\d+)<\/Account>/.exec(textOf(answer))?.[1];
  if (answer.status !== 200 || number === undefined) throw refused('asking whose credentials these are', answer);
  return number;
}
