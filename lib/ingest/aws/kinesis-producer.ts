// Puts records into Kinesis streams until each is acknowledged: what failed is sent again, alone and unchanged, so that ids can tell it came twice.
import { KinesisClient, PutRecordsCommand, type PutRecordsRequestEntry } from '@aws-sdk/client-kinesis';
import { messageOf, type Clock } from '../../base/index.ts';

export interface ProducedRecord { stream: string; partitionKey: string; data: Uint8Array }

/** What became of a record: acknowledged, or given up with what was said last. One given up may be in the stream all the same: an answer can get lost. */
export type Acknowledgement = { ok: true; shard: string; sequence: string } | { ok: false; error: string };

export interface KinesisProducerOptions {
  /** Default: the service's own in the region. */
  endpoint?: string;
  region: string;
  clock: Clock;
  random: () => number;
  /** Tries a record, the first included; default 8, which is about ten seconds of failures. */
  attempts?: number;
}

/** Limits of one call of PutRecords. */
const MOST_RECORDS = 500;
const MOST_BYTES = 4_500_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 3000;

export class KinesisProducer {
  /** Records that were sent again. */
  retries = 0;
  private readonly client: KinesisClient;
  private readonly options: Required<Pick<KinesisProducerOptions, 'clock' | 'random' | 'attempts'>>;

  constructor({ endpoint, region, clock, random, attempts = 8 }: KinesisProducerOptions) {
    this.options = { clock, random, attempts };
    // On this machine nobody asks who one is, but requests are signed all the same.
    const local = endpoint !== undefined && /^https?:\/\/(?:localhost|127\.|\[::1\])/.test(endpoint);
    this.client = new KinesisClient({
      region, maxAttempts: 1,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(local ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } } : {}),
    });
  }

  /** An acknowledgement a record, in their order. Records of one partition key stay in order unless one fails and the next does not. */
  async put(records: readonly ProducedRecord[], signal?: AbortSignal): Promise<Acknowledgement[]> {
    const results = new Array<Acknowledgement>(records.length);
    const byStream = new Map<string, number[]>();
    for (const [at, { stream }] of records.entries()) byStream.set(stream, [...(byStream.get(stream) ?? []), at]);
    await Promise.all(Array.from(byStream, async ([stream, indexes]) => {
      for (const batch of batchesOf(records, indexes)) await this.putBatch(stream, records, batch, results, signal);
    }));
    return results;
  }

  close(): void {
    this.client.destroy();
  }

  private async putBatch(stream: string, records: readonly ProducedRecord[], batch: readonly number[], results: Acknowledgement[], signal: AbortSignal | undefined): Promise<void> {
    const { clock, random, attempts } = this.options;
    let waiting = batch;
    for (let attempt = 1; waiting.length > 0; attempt++) {
      if (attempt > 1) {
        this.retries += waiting.length;
        await clock.sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 2)) * (0.5 + random()), signal).catch(() => {});
      }
      const answers = await this.call(stream, waiting.map((at) => ({ Data: records[at]!.data, PartitionKey: records[at]!.partitionKey })));
      for (const [index, at] of waiting.entries()) results[at] = answers[index]!;
      waiting = waiting.filter((at) => !results[at]!.ok);
      if (attempt >= attempts || signal?.aborted === true) return;
    }
  }

  private async call(stream: string, entries: PutRecordsRequestEntry[]): Promise<Acknowledgement[]> {
    try {
      const { Records = [] } = await this.client.send(new PutRecordsCommand({ StreamName: stream, Records: entries }));
      return entries.map((_, at) => {
        const { SequenceNumber, ShardId, ErrorCode, ErrorMessage } = Records[at] ?? {};
        if (SequenceNumber !== undefined && ShardId !== undefined && ErrorCode === undefined) return { ok: true, shard: ShardId, sequence: SequenceNumber };
        return { ok: false, error: `${ErrorCode ?? 'no answer'}: ${ErrorMessage ?? ''}` };
      });
    } catch (error) {
      return entries.map(() => ({ ok: false, error: `${(error as Error).name}: ${messageOf(error)}` }));
    }
  }
}

function* batchesOf(records: readonly ProducedRecord[], indexes: readonly number[]): Generator<number[], void, undefined> {
  let batch: number[] = [];
  let bytes = 0;
  for (const at of indexes) {
    const size = records[at]!.data.length + records[at]!.partitionKey.length;
    if (batch.length > 0 && (batch.length === MOST_RECORDS || bytes + size > MOST_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(at);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
