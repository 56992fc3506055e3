// Folding events into the online features of one machine, and reading them for scoring, beside LMDB bare: every event decoded, parsed, checked and
// put by its id, durable a batch. `npx tsx bench/features/index.ts [--events N] [--batch N]`
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { KinesisStreamEvent } from 'aws-lambda';
import { open } from 'lmdb';
import { systemClock } from '../../lib/base/index.ts';
import { loadContracts } from '../../lib/contracts/index.ts';
import { featuresHandler, loadFeatures, openLmdbStore, readViews } from '../../lib/features/index.ts';
import { eventPlans, openEventChecker } from '../../lib/ingest/events/index.ts';

const { values } = parseArgs({ options: { events: { type: 'string', default: '100000' }, batch: { type: 'string', default: '1000' } } });
const [count, size] = [Number(values.events), Number(values.batch)];
const root = join(import.meta.dirname, '../..');
const contracts = await loadContracts(join(root, 'contracts'));
const features = await loadFeatures(join(root, 'features'), contracts);
const checker = openEventChecker({ plans: eventPlans(contracts.values()), defaultType: 'events' });
const folder = mkdtempSync(join(tmpdir(), 'bench-features-'));

/** A shop's clicks: 20,000 visitors, 5,000 items of which a few are most wanted, each event with an id of its own. */
const KINDS = ['view', 'view', 'view', 'view', 'view', 'addtocart', 'transaction'];
const batches = Array.from({ length: Math.ceil(count / size) }, (_, batch): KinesisStreamEvent => ({
  Records: Array.from({ length: Math.min(size, count - batch * size) }, (_, index) => {
    const at = batch * size + index;
    const [visitorid, event] = [`v${(at * 7919) % 20_011}`, KINDS[at % KINDS.length]!];
    const text = JSON.stringify({
      timestamp: Date.now() - (at % 1000), visitorid, event, itemid: `i${Math.floor(5000 * (((at * 104_729) % 100_003) / 100_003) ** 3)}`, event_id: `e${at}`, device_type: 'mobile',
      ...(event === 'transaction' ? { transactionid: `t${at}` } : {}),
    });
    return {
      awsRegion: 'local', eventID: `shardId-000000000000:${10n ** 40n + BigInt(at)}`, eventName: 'aws:kinesis:record', eventSource: 'aws:kinesis', eventSourceARN: 'arn:aws:kinesis:local:0:stream/events', eventVersion: '1.0', invokeIdentityArn: '',
      kinesis: { kinesisSchemaVersion: '1.0', partitionKey: visitorid, sequenceNumber: String(10n ** 40n + BigInt(at)), approximateArrivalTimestamp: Date.now() / 1000, data: Buffer.from(text).toString('base64') },
    };
  }),
}));

try {
  const store = await openLmdbStore({ folder: join(folder, 'features'), clock: systemClock });
  const handler = featuresHandler({ store, features, checkerOf: () => checker, clock: systemClock });
  const ours = await rate(async (batch) => {
    if ((await handler(batch)).batchItemFailures.length > 0) throw new Error('a batch failed');
  });

  const bare = open<string, string>({ path: join(folder, 'bare'), encoding: 'string' });
  const peer = await rate(async (batch) => {
    bare.transactionSync(() => {
      for (const { kinesis } of batch.Records) {
        const verdict = checker.check({ data: Buffer.from(kinesis.data, 'base64'), arrivedAt: kinesis.approximateArrivalTimestamp * 1000 });
        if (verdict.fate === 'accepted') bare.putSync(verdict.values['event_id'] ?? '', JSON.stringify(verdict.values));
      }
    });
  });
  await bare.close();
  say('fold', `${Math.round(ours.wall).toLocaleString('en')} events/s (${Math.round(ours.cpu).toLocaleString('en')} a second of processor) · bare LMDB ${Math.round(peer.wall).toLocaleString('en')} (${Math.round(peer.cpu).toLocaleString('en')})`, ours.wall >= 20_000, 'at least 20,000 events/s');

  const times: number[] = [];
  for (let read = 0; read < 5000; read++) {
    const began = performance.now();
    await readViews(store, [
      { view: features.views.get('visitor')!, entities: [`v${read % 20_011}`] }, { view: features.views.get('item')!, entities: [`i${read % 500}`] }, { view: features.views.get('interest')!, entities: [[`v${read}`, `i${read % 500}`]] },
    ], Date.now());
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)]!;
  say('read visitor, item, interest', `p50 ${at(0.5).toFixed(3)} ms · p99 ${at(0.99).toFixed(3)} ms`, at(0.5) < 1, 'p50 under 1 ms');
  await store.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Events a second, of wall clock and of processor time. */
async function rate(work: (batch: KinesisStreamEvent) => Promise<void>): Promise<{ wall: number; cpu: number }> {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  for (const batch of batches) await work(batch);
  const { user, system } = process.cpuUsage(cpu);
  return { wall: count / ((performance.now() - began) / 1000), cpu: count / ((user + system) / 1e6) };
}

function say(what: string, found: string, isMet: boolean, target: string): void {
  process.stdout.write(`${what}: ${found} — ${target}: ${isMet ? 'met' : 'not met'}\n`);
}
