// Online features read the streams that features are made from, and no others: the log of answers is as long as all the traffic of the API.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localStreamSource, openLocalStreams, type LocalStreams } from '../../../lib/local/kinesis/index.ts';
import { openRuntime, type Runtime } from '../../../lib/local/index.ts';
import { openFeatures } from '../../../lib/local/streaming/index.ts';

const ROOT = path.join(import.meta.dirname, '../../..');
let runtime: Runtime;
let streams: LocalStreams;
beforeEach(async () => {
  runtime = await openRuntime({ home: mkdtempSync(path.join(tmpdir(), 'millrace-features-')), project: ROOT, create: true });
  streams = await openLocalStreams(runtime.home.streams);
  for (const name of ['events', 'transactions', 'predictions', 'outcomes']) await streams.ensureStream(name, { shardCount: 1 });
});
afterEach(async () => {
  await streams.close();
  await runtime.close();
  rmSync(runtime.home.root, { recursive: true, force: true });
});

test('a stream that no feature is made from is not read', async () => {
  const service = await openFeatures(runtime, localStreamSource(streams));
  const stop = new AbortController();
  const running = service.run(stop.signal);
  expect((await service.status()).streams.map(({ stream }) => stream).sort()).toEqual(['events', 'transactions']);
  stop.abort();
  await running;
});
