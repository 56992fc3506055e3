// Which files there are to read in a landing bucket.
import { HeadObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { MillraceError } from '../../base/index.ts';
import type { Contracts } from '../../contracts/index.ts';
import { belongingOf, isInProgress } from '../landing/belonging.ts';
import { byName, type Discovered } from '../landing/discover.ts';
import { s3File, type S3Object } from './s3-file.ts';

export interface Bucket {
  client: S3Client;
  /** `s3://bucket` or `s3://bucket/prefix`. */
  landing: string;
  contracts: Contracts;
}

/** Every object below the landing prefix, in the order of their names. */
export async function discoverBucket({ client, landing, contracts }: Bucket): Promise<Discovered[]> {
  const { bucket, prefix } = placeOf(landing);
  const found: { name: string; object: S3Object }[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
    for (const { Key: key = '', Size: size = 0, LastModified: modified, ETag: etag = '' } of page.Contents ?? []) {
      const name = key.slice(prefix.length);
      if (name !== '' && !key.endsWith('/')) found.push({ name, object: { bucket, key, size, etag, modifiedAt: modified?.getTime() ?? 0 } });
    }
  }
  return found.filter(({ name }) => !name.split('/').some(isInProgress)).sort((a, b) => byName(a.name, b.name)).map(({ name, object }) => discovered(client, object, name, contracts));
}

/** Single objects, by URI: what an event named, or a batch that was listed before. One that is gone is told as failed. */
export async function discoverObjects({ client, landing, contracts }: Bucket, uris: readonly string[]): Promise<Discovered[]> {
  const { bucket, prefix } = placeOf(landing);
  return Promise.all(uris.map(async (uri): Promise<Discovered> => {
    const place = placeOf(uri, '');
    const name = place.bucket === bucket && place.prefix.startsWith(prefix) ? place.prefix.slice(prefix.length) : place.prefix;
    try {
      const head = await client.send(new HeadObjectCommand({ Bucket: place.bucket, Key: place.prefix }));
      return discovered(client, { bucket: place.bucket, key: place.prefix, size: head.ContentLength ?? 0, etag: head.ETag ?? '', modifiedAt: head.LastModified?.getTime() ?? 0 }, name, contracts);
    } catch (cause) {
      return { fate: 'failed', name, path: uri, error: new MillraceError('not_found', 'the object is not there, or may not be read', { where: uri, todo: 'Look whether it was deleted or expired meanwhile.', cause }) };
    }
  }));
}

function discovered(client: S3Client, object: S3Object, name: string, contracts: Contracts): Discovered {
  const path = `s3://${object.bucket}/${object.key}`;
  const belonging = belongingOf(name, name, contracts);
  return belonging.known ? { fate: 'known', source: belonging.source, file: s3File(client, object, name, belonging.source) } : { fate: 'unknown', name, path, todo: belonging.todo };
}

/** Keys are literal: nothing in them is decoded. */
function placeOf(uri: string, end = '/'): { bucket: string; prefix: string } {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri);
  if (match === null) throw new MillraceError('usage', `${uri} is not the URI of a bucket or an object`, { todo: 'Write s3://bucket/prefix.' });
  const [, bucket = '', rest = ''] = match;
  return { bucket, prefix: rest === '' || rest.endsWith(end) ? rest : `${rest}${end}` };
}
