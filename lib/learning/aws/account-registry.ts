// The bucket of a stage's models, and the registry in it, for who works with them from elsewhere: with the credentials that the SDK finds.
import { S3Client } from '@aws-sdk/client-s3';
import { MillraceError, type Clock } from '../../base/index.ts';
import { awsRequests, endpointIn, refused, textOf } from '../../base/aws/index.ts';
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
  /** Says where services are, if elsewhere than in the region: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL_STS`. */
  environment?: Readonly<Record<string, string | undefined>>;
}

/** The bucket, and whose it is. */
export interface AccountModels { account: string; files: S3Files; /** `s3://millrace-dev-models-…` */ bucket: string; close(): void }

/** @throws `usage` without credentials */
export async function openAccountModels({ stage, region, account, clock, environment = {} }: AccountRegistryOptions): Promise<AccountModels> {
  const [endpoint, stsEndpoint] = [endpointIn(environment, 'S3'), endpointIn(environment, 'STS')];
  const client = new S3Client({ region, ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }) });
  const credentials = async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials().catch((cause: unknown) => {
      throw new MillraceError('usage', 'AWS credentials are needed', { todo: 'Sign in (aws sso login), or set AWS_PROFILE.', cause });
    });
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  };
  const number = account ?? await accountOf(awsRequests({ service: 'sts', region, clock, credentials, timeoutMilliseconds: 10_000, ...(stsEndpoint === undefined ? {} : { endpoint: stsEndpoint }) }));
  return { account: number, files: new S3Files(client), bucket: `s3://${stage}-models-${number}-${region}`, close: () => client.destroy() };
}

export async function openAccountRegistry(options: AccountRegistryOptions): Promise<ModelRegistry> {
  return registryIn(await openAccountModels(options));
}

export function registryIn({ files, bucket }: Pick<AccountModels, 'files' | 'bucket'>): ModelRegistry {
  return new ModelRegistry(modelStoreOn(files, `${bucket}/registry`));
}

async function accountOf(sts: ReturnType<typeof awsRequests>): Promise<string> {
  const answer = await sts({ method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'Action=GetCallerIdentity&Version=2011-06-15' });
  const number = /<Account>(\d+)<\/Account>/.exec(textOf(answer))?.[1];
  if (answer.status !== 200 || number === undefined) throw refused('asking whose credentials these are', answer);
  return number;
}
