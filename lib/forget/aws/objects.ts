// Objects of buckets that keep earlier versions: deleted means that no version is there any more.
import { DeleteObjectCommand, ListObjectVersionsCommand, type ListObjectVersionsCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { MillraceError, messageOf } from '../../base/index.ts';

export interface ObjectVersion { bucket: string; key: string; version: string; isLatest: boolean; isMarker: boolean; modifiedAt: number }

/** All versions, and marks of deletion, of objects whose keys begin so. A bucket that there is not has none. */
export async function* versionsBelow(client: S3Client, bucket: string, prefix: string): AsyncGenerator<ObjectVersion, void, undefined> {
  let [key, version]: [string | undefined, string | undefined] = [undefined, undefined];
  do {
    const page: ListObjectVersionsCommandOutput = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, KeyMarker: key, VersionIdMarker: version }));
    for (const [entries, isMarker] of [[page.Versions ?? [], false], [page.DeleteMarkers ?? [], true]] as const) {
      for (const { Key, VersionId, IsLatest, LastModified } of entries) {
        if (Key !== undefined) yield { bucket, key: Key, version: VersionId ?? 'null', isLatest: IsLatest === true, isMarker, modifiedAt: LastModified?.getTime() ?? 0 };
      }
    }
    [key, version] = page.IsTruncated === true ? [page.NextKeyMarker, page.NextVersionIdMarker] : [undefined, undefined];
  } while (key !== undefined);
}

/** @throws MillraceError `io` that says why it may not go: a legal hold, a retention, a permission */
export async function deleteVersion(client: S3Client, { bucket, key, version }: ObjectVersion): Promise<void> {
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: version })).catch((cause: unknown) => {
    throw new MillraceError('io', `a version of the object cannot be deleted: ${messageOf(cause)}`, {
      where: `s3://${bucket}/${key}`, todo: 'A legal hold or a retention keeps it, or s3:DeleteObjectVersion is missing.', cause,
    });
  });
}

/** `s3://bucket/key` */
export function placeOf(path: string): { bucket: string; key: string } {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(path) ?? [];
  if (bucket === undefined || key === undefined) throw new MillraceError('bad_input', `${path} is not the path of an object`);
  return { bucket, key };
}

/** The versions of one object. */
export async function versionsOf(client: S3Client, path: string): Promise<ObjectVersion[]> {
  const { bucket, key } = placeOf(path);
  const found: ObjectVersion[] = [];
  for await (const version of versionsBelow(client, bucket, key)) if (version.key === key) found.push(version);
  return found;
}
