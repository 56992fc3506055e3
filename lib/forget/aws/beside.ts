// What an account keeps beside its tables that shows what people did: results of queries, and files that the API answers from.
import type { S3Client } from '@aws-sdk/client-s3';
import { MillraceError } from '../../base/index.ts';
import { refused, textOf, type AwsRequests } from '../../base/aws/index.ts';
import { SERVING_FOLDER } from '../../serving/aws/index.ts';
import type { Beside } from '../types.ts';
import { deleteVersion, versionsBelow, type ObjectVersion } from './objects.ts';

/** Whoever's rows were asked for may be in any of them; all are answers that can be asked for again. */
export function queryResults(client: S3Client, bucket: string): Beside {
  return { name: 'results of queries', forget: (_who, { dryRun }) => deleteAll(client, versionsBelow(client, bucket, 'athena/'), dryRun, () => true) };
}

export interface ServingFilesOptions {
  client: S3Client;
  /** Of models. */
  bucket: string;
  /** Of Lambda. */
  lambda: AwsRequests;
  /** `millrace-dev` */
  stage: string;
}

/** Made anew from the tables as they are now; then the versions before go. Where nothing makes them any more, all of them. */
export function servingFiles({ client, bucket, lambda, stage }: ServingFilesOptions): Beside {
  const versions = () => versionsBelow(client, bucket, `${SERVING_FOLDER}/`);
  return {
    name: 'files that the API answers from',
    async forget(_who, { dryRun }) {
      if (dryRun) return deleteAll(client, versions(), true, () => true);
      const before = await deleteAll(client, versions(), true, () => true);
      if (before.items === 0) return { items: 0 };
      const made = await remade(lambda, `${stage}-snapshot`);
      await deleteAll(client, versions(), false, ({ isLatest }) => !made || !isLatest);
      return before;
    },
  };
}

/** False where the stage has no such function. @throws `io` where it fails: then what is there is of before */
async function remade(lambda: AwsRequests, name: string): Promise<boolean> {
  const answer = await lambda({ method: 'POST', path: ['2015-03-31', 'functions', name, 'invocations'], headers: { 'content-type': 'application/json' }, body: '{}' });
  if (answer.status === 404) return false;
  if (answer.status !== 200) throw refused(`calling ${name}`, answer);
  const failed = answer.headers.has('x-amz-function-error') ? textOf(answer) : Object.values(JSON.parse(textOf(answer) || '{}') as Record<string, unknown>).map((part) => (part as { failed?: string }).failed).find((text) => text !== undefined);
  if (failed !== undefined) throw new MillraceError('io', `${name} could not make anew what the API answers from: ${failed}`, { todo: 'Mend that, then run the same again: it goes on.' });
  return true;
}

async function deleteAll(client: S3Client, versions: AsyncIterable<ObjectVersion>, dryRun: boolean, goes: (version: ObjectVersion) => boolean): Promise<{ items: number }> {
  let items = 0;
  for await (const version of versions) {
    if (!goes(version)) continue;
    if (!version.isMarker) items++;
    if (!dryRun) await deleteVersion(client, version);
  }
  return { items };
}
