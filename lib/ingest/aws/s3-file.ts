// A file of a landing bucket.
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { MillraceError, messageOf } from '../../base/index.ts';
import type { FileStamp, LandingFile } from '../landing/landing-file.ts';

export interface S3Object { bucket: string; key: string; size: number; modifiedAt: number; etag: string }

/** Its bytes are streamed from the bucket, and belong to one version of the object, whatever is put in its place meanwhile. */
export function s3File(client: S3Client, { bucket, key, size, modifiedAt, etag }: S3Object, name: string, source?: string): LandingFile {
  const path = `s3://${bucket}/${key}`;
  return {
    path, name, size, modifiedAt, found: stampOf(etag, size), ...(source === undefined ? {} : { source }),
    async *open() {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key })).catch((cause: unknown) => { throw cannotRead(path, cause); });
      if (Body === undefined) return;
      try {
        for await (const chunk of Body as AsyncIterable<Uint8Array>) yield chunk;
      } catch (cause) {
        throw cannotRead(path, cause);
      }
    },
    async stamp() {
      const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })).catch((cause: unknown) => { throw cannotRead(path, cause); });
      return stampOf(head.ETag ?? '', head.ContentLength ?? 0);
    },
  };
}

/** The ETag differs for other bytes; listings and heads give the same. */
function stampOf(etag: string, size: number): FileStamp {
  return { size, version: `${etag.replaceAll('"', '')}.${size}` };
}

function cannotRead(path: string, cause: unknown): MillraceError {
  const { name } = cause as Error;
  if (name === 'NoSuchKey' || name === 'NotFound') return new MillraceError('not_found', 'the object is not there', { where: path, todo: 'Look whether it was deleted or expired meanwhile.', cause });
  if (name === 'AccessDenied' || name === 'Forbidden') return new MillraceError('io', 'the object may not be read: access denied', { where: path, todo: 'Allow s3:GetObject on it, and kms:Decrypt on its key.', cause });
  return new MillraceError('io', `the object cannot be read: ${messageOf(cause)}`, { where: path, cause });
}
