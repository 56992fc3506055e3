// Files that are too big for the function go to a task of the same code that has more room: by a note in a bucket, which starts the task. The
// task deletes the note when the file is in bronze, so what is left there was not taken.
import { createHash } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { LandedCounts } from '../../lib/batch/index.ts';
import type { Files } from '../../lib/lake/index.ts';
import type { Settings } from './settings.ts';

/** How many files were handed over; 0 where the stage has no such task. A file that is handed over twice lands once. */
export async function handOver(s3: S3Client, { MILLRACE_BIG_FILES: place }: Settings, uris: readonly string[]): Promise<number> {
  const [, bucket, folder] = /^s3:\/\/([^/]+)\/(.+)$/.exec(place ?? '') ?? [];
  if (bucket === undefined || folder === undefined) return 0;
  for (const uri of uris) {
    const name = createHash('sha256').update(uri).digest('hex').slice(0, 32);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${folder}/${name}.json`, Body: JSON.stringify({ uri }) }));
    process.stdout.write(`${JSON.stringify({ level: 'INFO', message: 'file handed over to the task of big files', file: uri })}\n`);
  }
  return uris.length;
}

/** `request`: the URI of the note. */
export async function ingestRequested(files: Files, request: string, ingest: (uri: string) => Promise<LandedCounts>): Promise<LandedCounts> {
  const { uri } = JSON.parse(Buffer.from(await files.read(request)).toString('utf8')) as { uri: string };
  const counts = await ingest(uri);
  await files.delete(request);
  return counts;
}
