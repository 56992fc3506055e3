// Streams in a folder of their own, and everything that a shard holds.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import {
  openLocalStreams,
  serveKinesis,
  type KinesisEndpoint,
  type LocalStreams,
  type LocalStreamsOptions,
  type ServeOptions,
} from '../../../lib/local/kinesis/index.ts';

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-kinesis-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Closed when the test ends, if it did not close them itself. */
export async function openStreams(folder: string, options: LocalStreamsOptions = {}): Promise<LocalStreams> {
  const streams = await openLocalStreams(folder, { sweepMilliseconds: 0, ...options });
  onTestFinished(() => streams.close());
  return streams;
}

export async function serve(streams: LocalStreams, options: Partial<ServeOptions> = {}): Promise<KinesisEndpoint> {
  const endpoint = await serveKinesis(streams, { port: 0, ...options });
  onTestFinished(() => endpoint.close());
  return endpoint;
}

export interface Kept {
  sequence: string;
  key: string;
  text: string;
  arrivedAt: number;
}

/** All records of a shard that are kept, in order. */
export async function everything(streams: LocalStreams, stream: string, shardId = 'shardId-000000000000', limit?: number): Promise<Kept[]> {
  const kept: Kept[] = [];
  let next: string | undefined = await streams.iterator(stream, shardId, { type: 'TRIM_HORIZON' });
  while (next !== undefined) {
    const answer = await streams.read(next, limit === undefined ? {} : { limit });
    kept.push(
      ...answer.records.map(({ position, partitionKey, data, arrivedAt }) => ({
        sequence: position.sequence,
        key: partitionKey,
        text: Buffer.from(data).toString(),
        arrivedAt,
      })),
    );
    if (answer.millisBehindLatest === 0 && answer.records.length === 0) break;
    next = answer.next;
  }
  return kept;
}
