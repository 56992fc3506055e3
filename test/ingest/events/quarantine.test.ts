// The quarantine of streams: refused records are listed, shown and replayed beside the rows of files, each lands once, and what services put
// aside ends up here too.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { source, text } from '../../../lib/contracts/index.ts';
import { eventPlans, openEventChecker, transform, type BronzeRow, type StreamRecord } from '../../../lib/ingest/events/index.ts';
import { listQuarantine, replayQuarantine, showQuarantine, sweepFailures, sweepFolder } from '../../../lib/ingest/index.ts';
import { REJECTED_COLUMNS } from '../../../lib/ingest/tables/definitions.ts';
import { ensureBronze, ensureRejected } from '../../../lib/ingest/tables/ensure.ts';
import { stageValues } from '../../../lib/ingest/tables/stage-values.ts';
import { bronzeColumns } from '../../../lib/contracts/index.ts';
import { overwriteRows } from '../../../lib/lake/duckdb/index.ts';
import { transformFirehose } from '../../../lib/ingest/events/index.ts';
import { contractsOf, openTestHome, sales, type TestHome } from '../home.ts';
import { click, clicks, NOW, recordOf, signups } from './support.ts';

let home: TestHome;
beforeEach(async () => { home = await openTestHome({ contracts: contractsOf(clicks, signups, sales) }); });
afterEach(() => home.close());

const laxer = source('clicks', { ...clicks, version: '1.3', columns: { ...clicks.columns, kind: text({ accepted: ['view', 'cart', 'search', 'wish'] }) } });

/** What a delivery does with records: rows into their tables. */
async function deliver(records: readonly StreamRecord[]): Promise<BronzeRow[]> {
  const key = await home.context.keys.current();
  const checker = openEventChecker({ plans: eventPlans(home.context.contracts.values()), defaultType: 'clicks', key });
  const { rows } = transform(records, { checker, key, now: NOW + 50 });
  for (const table of new Set(rows.map((row) => row.table))) {
    await home.context.database.use(async (session) => {
      const contract = home.context.contracts.get(table);
      const to = contract === undefined ? await ensureRejected(home.context.lake) : await ensureBronze(home.context.lake, contract);
      const columns = contract === undefined ? REJECTED_COLUMNS : bronzeColumns(contract);
      await stageValues(session, 'rows', columns, rows.filter((row) => row.table === table).map(({ values }) => values));
      await overwriteRows(session, to, { op: 'false' }, 'SELECT * FROM temp.rows', { temporaryFolder: home.context.temporaryFolder });
    });
  }
  return rows;
}

const refused = [
  recordOf(click(), '1'), recordOf(click({ kind: 'wish', item: '5' }), '2'), recordOf(click({ kind: 'wish', visitor: 'v9' }), '3'), recordOf('not json', '4'),
  recordOf('{"type":"signups","customer_id":"c1","email":"Ana@example.com","signed_up_at":"tomorrow"}', '5'),
];

describe('records of a stream', () => {
  test('are listed by stream and reason, and shown with their places; personal ones stay closed', async () => {
    await deliver(refused);
    expect((await listQuarantine(home.context)).map(({ source: from, stream, file, reason, rows }) => ({ from, stream, file, reason, rows }))).toEqual([
      { from: 'clicks', stream: 'clicks', file: undefined, reason: 'clicks.kind.not_accepted', rows: 2 },
      { from: 'clicks', stream: 'clicks', file: undefined, reason: 'clicks.parse.not_json', rows: 1 },
      { from: 'signups', stream: 'clicks', file: undefined, reason: 'signups.signed_up_at.not_a_timestamp', rows: 1 },
    ]);
    const [shown] = await showQuarantine(home.context, { reason: 'not_accepted', reveal: true });
    expect(shown).toMatchObject({ stream: 'clicks', shard: 'shardId-000000000000', sequence: '2', subsequence: 0, raw: click({ kind: 'wish', item: '5' }), encrypted: true });
    expect((await showQuarantine(home.context, { source: 'signups' }))[0]?.raw).toBeUndefined();
    expect(await showQuarantine(home.context, { stream: 'clicks' })).toHaveLength(4);
    expect(await showQuarantine(home.context, { stream: 'signups' })).toEqual([]);
    expect((await replayQuarantine(home.context, { stream: 'clicks', dryRun: true })).sources.map(({ examined }) => examined)).toEqual([3, 1]);
    expect((await replayQuarantine(home.context, { stream: 'signups', dryRun: true })).sources).toEqual([]);
  });

  test('a dry run says what would be accepted and what changes in which table; then it happens once', async () => {
    await deliver(refused);
    home.withContracts(laxer, signups, sales);
    const expected = {
      source: 'clicks', examined: 3, accepted: 2, skipped: 0, changes: { 'bronze.clicks': 2, 'bronze.rejected': -2 },
      outcomes: [{ from: 'clicks.kind.not_accepted', rows: 2 }, { from: 'clicks.parse.not_json', to: 'clicks.parse.not_json', rows: 1 }],
    };
    expect(await replayQuarantine(home.context, { source: 'clicks', dryRun: true })).toEqual({ dryRun: true, sources: [expected] });
    expect(await home.count('bronze.clicks')).toBe(1);
    expect(await home.count('bronze.rejected')).toBe(4);
    expect((await replayQuarantine(home.context, { source: 'clicks' })).sources).toEqual([expected]);
    expect(await home.rows('bronze.clicks', 'SELECT kind, item, _sequence, _subsequence, _contract_version, _file, epoch_ms(_ingested_at) AS at FROM t ORDER BY _sequence')).toEqual([
      { kind: 'view', item: '17', _sequence: '1', _subsequence: '0', _contract_version: '1.2', _file: null, at: BigInt(NOW + 50) },
      { kind: 'wish', item: '5', _sequence: '2', _subsequence: '0', _contract_version: '1.3', _file: null, at: BigInt(NOW + 50) },
      { kind: 'wish', item: '17', _sequence: '3', _subsequence: '0', _contract_version: '1.3', _file: null, at: BigInt(NOW + 50) },
    ]);
    expect(await home.count('bronze.rejected')).toBe(2);
    expect((await replayQuarantine(home.context)).sources.map(({ accepted }) => accepted)).toEqual([0, 0]);
    expect(await home.count('bronze.clicks')).toBe(3);
  });

  test('delivered twice, or in bronze already after a crash between the commits, they land once', async () => {
    await deliver([...refused, refused[1]!]);
    home.withContracts(laxer, signups, sales);
    // The crash: bronze has the row, the quarantine too.
    await deliver([refused[1]!]);
    const { sources: [report] } = await replayQuarantine(home.context, { source: 'clicks' });
    expect(report).toMatchObject({ accepted: 3, there: 1, changes: { 'bronze.clicks': 1, 'bronze.rejected': -3 } });
    expect(await home.rows('bronze.clicks', 'SELECT _sequence FROM t ORDER BY 1')).toEqual([{ _sequence: '1' }, { _sequence: '2' }, { _sequence: '3' }]);
  });

  test('lie beside rows of files of the same source, and are replayed together', async () => {
    home.withContracts(source('clicks', { ...clicks, files: { format: 'jsonl' } }), signups, sales);
    home.put('clicks/a.jsonl', `${click({ at: 5 })}\n${click({ kind: 'wish' })}\n`);
    await home.ingest();
    await deliver([refused[1]!]);
    home.withContracts(source('clicks', { ...laxer, files: { format: 'jsonl' } }), signups, sales);
    expect((await replayQuarantine(home.context)).sources).toEqual([{
      source: 'clicks', examined: 2, accepted: 2, skipped: 0, changes: { 'bronze.clicks': 2, 'bronze.rejected': -2 }, outcomes: [{ from: 'clicks.kind.not_accepted', rows: 2 }],
    }]);
    expect(await home.rows('bronze.clicks', 'SELECT _file, _sequence FROM t ORDER BY ALL')).toEqual([
      { _file: 'clicks/a.jsonl', _sequence: null }, { _file: 'clicks/a.jsonl', _sequence: null }, { _file: null, _sequence: '2' },
    ]);
    expect(await home.count('bronze.rejected')).toBe(0);
  });

  test('of a type that was not known land in its table once it is', async () => {
    await deliver([recordOf(click({ type: 'wishes', kind: undefined }), '7')]);
    const wishes = source('wishes', { ...clicks, name: 'wishes', rules: {}, columns: { at: clicks.columns['at']!, visitor: clicks.columns['visitor']! } } as never);
    home.withContracts(clicks, signups, wishes);
    expect((await replayQuarantine(home.context)).sources).toMatchObject([{ source: 'clicks', accepted: 1, changes: { 'bronze.wishes': 1, 'bronze.rejected': -1 } }]);
    expect(await home.rows('bronze.wishes', 'SELECT visitor, _sequence FROM t')).toEqual([{ visitor: 'v1', _sequence: '7' }]);
  });

  test('are judged by the time at which they came, not by the time of the replay', async () => {
    await deliver([recordOf(click({ kind: 'wish', at: NOW - 6 * 86_400_000 }), '1'), recordOf(click({ at: NOW - 8 * 86_400_000 }), '2')]);
    home.withContracts(laxer);
    expect((await replayQuarantine(home.context)).sources[0]?.outcomes).toEqual([{ from: 'clicks.at.too_old', to: 'clicks.at.too_old', rows: 1 }, { from: 'clicks.kind.not_accepted', rows: 1 }]);
  });
});

describe('what services put aside', () => {
  const failedTransform = (data: string, sequence?: string) => JSON.stringify({
    attemptsMade: 4, arrivalTimestamp: NOW, errorCode: 'Lambda.FunctionError', errorMessage: 'out of memory', attemptEndingTimestamp: NOW + 9, rawData: Buffer.from(data).toString('base64'),
    ...(sequence === undefined ? {} : { kinesisRecordMetadata: { stream: 'clicks', shardId: 'shardId-000000000000', sequenceNumber: sequence, subsequenceNumber: 0, approximateArrivalTimestamp: NOW } }),
  });

  test('by Firehose before the check: swept once, however often, and replayed', async () => {
    const object = { name: 'firehose/clicks/processing-failed/2026-11-21/part-1', bytes: Buffer.from(`${failedTransform(click())}\n${failedTransform(click({ item: '' }), '12')}\n`) };
    for (let time = 0; time < 2; time++) {
      expect(await sweepFailures(home.context, [object])).toEqual({ objects: 1, records: 2, reasons: { 'clicks.delivery.not_transformed': 2 } });
    }
    expect(await home.count('bronze.rejected')).toBe(2);
    expect(await listQuarantine(home.context)).toMatchObject([{ source: 'clicks', stream: 'clicks', reason: 'clicks.delivery.not_transformed', rows: 2, message: expect.stringContaining('(Lambda.FunctionError)') as unknown }]);
    expect((await replayQuarantine(home.context)).sources).toEqual([{
      source: 'clicks', examined: 2, accepted: 1, skipped: 0, changes: { 'bronze.clicks': 1, 'bronze.rejected': -1 },
      outcomes: [{ from: 'clicks.delivery.not_transformed', rows: 1 }, { from: 'clicks.delivery.not_transformed', to: 'clicks.item_is_known', rows: 1 }],
    }]);
    // Swept and replayed once more: what bronze has is known by its object and number.
    await sweepFailures(home.context, [object]);
    expect((await replayQuarantine(home.context)).sources).toMatchObject([{ accepted: 1, there: 1 }]);
    expect(await home.rows('bronze.clicks', 'SELECT _file, _row, _stream, _sequence, epoch_ms(_ingested_at) AS at FROM t')).toEqual([
      { _file: object.name, _row: 1n, _stream: 'clicks', _sequence: null, at: BigInt(NOW) },
    ]);
  });

  test('by Firehose as rows that it could not write: they land as they were checked, or go to the quarantine as they were refused', async () => {
    const key = await home.context.keys.current();
    const checker = openEventChecker({ plans: eventPlans(home.context.contracts.values()), defaultType: 'clicks', key });
    const event = { records: [click({ query: 'tênis' }), click({ kind: 'x' }), '{"type":"signups","customer_id":"c1","email":"a@b.c","signed_up_at":"2026-11-21T12:00:00Z"}'].map((data, at) => ({
      recordId: String(at), approximateArrivalTimestamp: NOW, data: Buffer.from(data).toString('base64'),
      kinesisRecordMetadata: { shardId: 's0', partitionKey: 'p', approximateArrivalTimestamp: NOW, sequenceNumber: `10${at}`, subsequenceNumber: '' },
    })) };
    const { records } = transformFirehose(event, { checker, key, stream: 'clicks', database: 'b', now: NOW });
    const lines = records.map(({ data }) => JSON.stringify({ attemptsMade: 1, arrivalTimestamp: NOW, lastErrorCode: 'Iceberg.CommitFailed', rawData: data }));
    await sweepFailures(home.context, [{ name: 'firehose/clicks/iceberg-failed/2026-11-21/a', bytes: Buffer.from(lines.join('\n')) }]);
    expect(await home.rows('bronze.rejected', 'SELECT source, reason, _sequence FROM t ORDER BY _sequence')).toEqual([
      { source: 'clicks', reason: 'clicks.delivery.not_written', _sequence: '100' }, { source: 'clicks', reason: 'clicks.kind.not_accepted', _sequence: '101' },
      { source: 'signups', reason: 'signups.delivery.not_written', _sequence: '102' },
    ]);
    await replayQuarantine(home.context);
    expect(await home.rows('bronze.clicks', 'SELECT query, _sequence FROM t')).toEqual([{ query: 'tênis', _sequence: '100' }]);
    expect((await home.rows('bronze.signups', 'SELECT email FROM t'))[0]?.['email']).toMatch(/^k1:[0-9a-f]{64}$/);
    expect((await showQuarantine(home.context, { reveal: true }))[0]).toMatchObject({ raw: click({ kind: 'x' }) });
  });

  test('by Lambda, whole records of a batch: those that bronze has only leave the quarantine', async () => {
    await deliver([recordOf(click(), '1')]);
    const payload = JSON.stringify({ Records: ['1', '2'].map((sequence) => ({
      eventID: `shardId-000000000000:${sequence}`, eventSourceARN: 'arn:aws:kinesis:eu-central-1:1:stream/millrace-dev-clicks',
      kinesis: { partitionKey: 'v', sequenceNumber: sequence, data: Buffer.from(click()).toString('base64'), approximateArrivalTimestamp: NOW / 1000 },
    })) });
    const bytes = Buffer.from(JSON.stringify({ requestContext: { condition: 'RetryAttemptsExhausted' }, version: '1.0', KinesisBatchInfo: { shardId: 'shardId-000000000000' }, payload }));
    const report = await sweepFailures(home.context, [{ name: 'aws/lambda/x/shardId-000000000000/2026/11/21/1.json', bytes }], { streamPrefix: 'millrace-dev-' });
    expect(report.reasons).toEqual({ 'clicks.features.not_folded': 2 });
    expect((await replayQuarantine(home.context)).sources).toMatchObject([{ accepted: 2, there: 1, changes: { 'bronze.clicks': 1, 'bronze.rejected': -2 } }]);
  });

  test('in any other form is kept as it is', async () => {
    const report = await sweepFailures(home.context, [{ name: 'firehose/clicks/processing-failed/x', bytes: Buffer.from('what is this?\n{"rawData":7}\n') }]);
    expect(report.reasons).toEqual({ 'clicks.sweep.not_readable': 2 });
    expect((await showQuarantine(home.context, { reveal: true })).map(({ raw }) => raw)).toEqual(['what is this?', '{"rawData":7}']);
  });

  test('on one machine: files below a folder are swept and go', async () => {
    const folder = join(home.root, 'failed');
    const files = ['firehose/clicks/processing-failed/s0-1-0.json', 'firehose/clicks/processing-failed/s0-2-0.json', 'firehose/clicks/processing-failed/s0-3-0.json.tmp'].map((name) => join(folder, name));
    for (const [at, file] of files.entries()) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${failedTransform(click(), String(at + 1))}\n`);
    }
    expect(await sweepFolder(home.context, folder)).toMatchObject({ objects: 2, records: 2 });
    expect(files.map((file) => existsSync(file))).toEqual([false, false, true]);
    expect(await sweepFolder(home.context, folder)).toMatchObject({ objects: 0 });
    expect(await sweepFolder(home.context, join(home.root, 'nowhere'))).toMatchObject({ objects: 0 });
  });
});
