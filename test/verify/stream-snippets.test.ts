// The lines of docs/stream.md, run as they stand there: what the CLI, JavaScript and Python send is accepted.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadContracts } from '../../lib/contracts/index.ts';
import { eventPlans, openEventChecker } from '../../lib/ingest/events/index.ts';
import { openLocalStreams, serveKinesis, type KinesisEndpoint, type LocalStreams } from '../../lib/local/kinesis/index.ts';
import { KEY } from '../ingest/events/support.ts';
import { everything } from '../local/kinesis/support.ts';
import { awsCli2, awsPython } from './support/kinesis-clients.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
let streams: LocalStreams;
let endpoint: KinesisEndpoint;
let page: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-snippets-'));
  page = await readFile(path.join(root, 'docs/stream.md'), 'utf8');
  streams = await openLocalStreams(folder);
  endpoint = await serveKinesis(streams, { port: 0 });
});
afterAll(async () => {
  await endpoint.close();
  await streams.close();
  await rm(folder, { recursive: true });
});

/** The first block of a language, for this endpoint. */
function snippet(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/stream.md has no ${language}`);
  return found.replaceAll('http://127.0.0.1:4567', endpoint.url);
}

const env = () => ({ ...process.env, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', AWS_DEFAULT_REGION: 'eu-central-1', AWS_PAGER: '', AWS_EC2_METADATA_DISABLED: 'true', HOME: folder });

/** Sends by the snippet, then checks what is in the stream. */
async function accepted(send: () => Promise<unknown>): Promise<number> {
  await streams.ensureStream('events');
  await send();
  const checker = openEventChecker({ plans: eventPlans((await loadContracts(path.join(root, 'contracts'))).values()), defaultType: 'events', key: KEY });
  const shards = await Promise.all(streams.shards('events').map(({ shardId }) => everything(streams, 'events', shardId)));
  const fates = shards.flat().map(({ text, arrivedAt }) => checker.check({ data: Buffer.from(text), arrivedAt }));
  expect(fates.filter(({ fate }) => fate === 'rejected')).toEqual([]);
  await streams.deleteStream('events');
  return fates.length;
}

describe('docs/stream.md', () => {
  const cli = awsCli2();
  it.skipIf(cli === undefined)('by the AWS CLI', async () => {
    const script = snippet('sh').replace(/^aws /, `${cli} `);
    expect(await accepted(() => run('bash', ['-ec', script], { env: env() }))).toBe(1);
  });

  it('by the SDK for JavaScript', async () => {
    const file = path.join(root, '.verify', `snippet-${process.pid}.mjs`);
    const events = "const events = ['v1', 'v2', 'v3'].map((visitorid) => ({ event_id: visitorid, timestamp: Date.now(), visitorid, event: 'view', itemid: '7' }));\n";
    await writeFile(file, `${snippet('js').replace('\n\n', `\n\n${events}`)}kinesis.destroy();\n`);
    expect(await accepted(() => run(process.execPath, [file], { cwd: root }).finally(() => rm(file)))).toBe(3);
  });

  it('by boto3', async () => {
    const file = path.join(folder, 'snippet.py');
    const events = "import time\nevents = [{'event_id': v, 'timestamp': int(time.time() * 1000), 'visitorid': v, 'event': 'search', 'query': 'tênis'} for v in ('v1', 'v2')]\n";
    await writeFile(file, events + snippet('python'));
    expect(await accepted(() => run(path.join(awsPython(), 'python'), [file], { env: env() }))).toBe(2);
  });
});
