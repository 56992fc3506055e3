// The log of predictions in a function, which is frozen between two requests: what was answered is written before the answer leaves. What the
// stream does not take in time goes to a bucket, from which it is put into the stream later; what neither takes waits for the next request, in memory,
// until that is full: then answers are fall-backs, and say so.
import type { Clock } from '../../base/index.ts';
import type { OnlineStore } from '../../features/index.ts';
import type { NewPrediction, PredictionLog, PredictionRecord } from '../context.ts';
import { keepOutcomes } from '../keep-outcomes.ts';
import type { PutRecords } from './kinesis-put.ts';

export interface InvocationLogOptions {
  put: PutRecords;
  /** Where answers of the last 30 days are found by their id. */
  recent: OnlineStore;
  /** Keeps lines of records, durably, for whoever puts them into the stream later. */
  setAside(lines: string): Promise<void>;
  clock: Clock;
  /** How long the stream is waited for; default 1,000. */
  patienceMilliseconds?: number;
  /** Records that wait in memory, and bytes of them, from which on there is no room for another request's; default 20,000 and 32 MiB. */
  mostWaiting?: number;
  mostWaitingBytes?: number;
}

/** What a flush did, for the metrics. */
export interface LogCounts {
  /** Answers by what they are about: all, and those that were fall-backs. */
  answers: Readonly<Record<string, { answers: number; fallbacks: number }>>;
  logged: number;
  setAside: number;
  /** In memory still: neither the stream nor the bucket took them. */
  waiting: number;
  /** There was no room left to wait. */
  lost: number;
  /** Are in the stream, and cannot be found by their id. */
  unfindable: number;
}

export interface InvocationLog extends PredictionLog {
  readonly isFull: boolean;
  /** Writes what was answered since the last time; never throws. */
  flush(): Promise<LogCounts>;
}

const KEPT_SECONDS = 30 * 86_400;
const PAUSE_MS = 50;
/** Of what waits, one request carries so much: a stream that is back is not made to take all of it before an answer leaves. */
const BYTES_OF_A_FLUSH = 8 * 2 ** 20;

export function invocationLog({ put, recent, setAside, clock, patienceMilliseconds = 1_000, mostWaiting = 20_000, mostWaitingBytes = 32 * 2 ** 20 }: InvocationLogOptions): InvocationLog {
  /** Lines by the ids of their records, oldest first; one leaves once it is in the stream or in the bucket. */
  const waiting = new Map<string, string>();
  let [waitingBytes, lost] = [0, 0];
  let fresh: NewPrediction[] = [];
  let delivering: Promise<{ logged: number; setAside: number }> = Promise.resolve({ logged: 0, setAside: 0 });
  const [stream, bucket] = [new Rest(), new Rest()];

  const isFull = (): boolean => waiting.size >= mostWaiting || waitingBytes >= mostWaitingBytes;
  /** Gives those that the stream did not take. */
  const intoStream = async (ids: readonly string[]): Promise<string[]> => {
    const until = clock.now() + patienceMilliseconds;
    let left = [...ids];
    for (let tries = 0; left.length > 0 && (tries === 0 || clock.now() < until); tries++) {
      if (tries > 0) await clock.sleep(PAUSE_MS * 2 ** (tries - 1));
      const outcomes = await put('predictions', left.map((id) => ({ partitionKey: id, data: Buffer.from(waiting.get(id)!) }))).catch(() => undefined);
      if (outcomes === undefined) break; // it was tried several times, and each took its time
      left = left.filter((_, index) => outcomes[index]?.ok !== true);
    }
    stream.tried(left.length === 0, clock.now());
    return left;
  };
  const intoBucket = (ids: readonly string[]): Promise<boolean> => setAside(ids.map((id) => `${waiting.get(id)!}\n`).join('')).then(() => true, () => false).then((taken) => (bucket.tried(taken, clock.now()), taken));
  const oldest = (): string[] => {
    const ids: string[] = [];
    let bytes = 0;
    for (const [id, line] of waiting) {
      bytes += line.length;
      if (bytes > BYTES_OF_A_FLUSH && ids.length > 0) break;
      ids.push(id);
    }
    return ids;
  };
  const gone = (ids: readonly string[]): void => {
    for (const id of ids) {
      waitingBytes -= waiting.get(id)!.length;
      waiting.delete(id);
    }
  };
  const deliver = async (): Promise<{ logged: number; setAside: number }> => {
    const ids = oldest();
    if (ids.length === 0) return { logged: 0, setAside: 0 };
    const left = stream.rests(clock.now()) ? ids : await intoStream(ids);
    const refused = new Set(left);
    gone(ids.filter((id) => !refused.has(id)));
    const isAside = left.length > 0 && !bucket.rests(clock.now()) && await intoBucket(left);
    if (isAside) gone(left);
    return { logged: ids.length - left.length, setAside: isAside ? left.length : 0 };
  };
  const remember = async (records: readonly NewPrediction[]): Promise<number> => {
    const expiresAt = Math.floor(clock.now() / 1000) + KEPT_SECONDS;
    const parts = Array.from({ length: Math.ceil(records.length / recent.mostChanges) }, (_, part) => records.slice(part * recent.mostChanges, (part + 1) * recent.mostChanges));
    const written = await Promise.allSettled(parts.map((part) => recent.write(part.map((record) => ({
      key: keyOf(record.prediction_id), value: JSON.stringify(record), expected: undefined, version: record.predicted_at, expiresAt,
    }))))); // a conflict says that it is there already
    return parts.reduce((sum, part, index) => sum + (written[index]!.status === 'rejected' ? part.length : 0), 0);
  };

  return {
    get waiting() {
      return waiting.size;
    },
    get isFull() {
      return isFull();
    },
    predicted(records) {
      fresh.push(...records);
      // A request that began while there was room is logged whole: it was answered by the model.
      if (isFull()) return void (lost += records.length);
      for (const record of records) {
        const line = JSON.stringify(record);
        waiting.set(record.prediction_id, line);
        waitingBytes += line.length;
      }
    },
    async happened(records) {
      await keepOutcomes(records, (batch) => put('outcomes', batch), (milliseconds) => clock.sleep(milliseconds));
    },
    async find(predictionId) {
      const here = waiting.get(predictionId);
      return here === undefined ? recentAnswer(recent, predictionId) : (JSON.parse(here) as PredictionRecord);
    },
    async flush() {
      const answered = fresh;
      fresh = [];
      delivering = delivering.then(deliver, deliver);
      const [delivered, unfindable] = await Promise.all([delivering, remember(answered)]);
      const counts: LogCounts = { answers: countedBy(answered), ...delivered, waiting: waiting.size, lost, unfindable };
      lost = 0;
      return counts;
    },
  };
}

/** A place that has just failed is left alone for a while, longer each time it fails again: no answer waits for what is not there. */
class Rest {
  #milliseconds = 0;
  #until = Number.NEGATIVE_INFINITY;

  rests(now: number): boolean {
    return now < this.#until;
  }

  tried(worked: boolean, now: number): void {
    this.#milliseconds = worked ? 0 : Math.min(MOST_REST_MS, Math.max(FIRST_REST_MS, 2 * this.#milliseconds));
    this.#until = now + this.#milliseconds;
  }
}

const FIRST_REST_MS = 1_000;
const MOST_REST_MS = 15_000;

/** Of the last 30 days, by its id. */
export async function recentAnswer(recent: Pick<OnlineStore, 'get'>, predictionId: string): Promise<PredictionRecord | undefined> {
  const [item] = await recent.get([keyOf(predictionId)]);
  return item === undefined ? undefined : (JSON.parse(item.value) as PredictionRecord);
}

const keyOf = (predictionId: string): string => `prediction:${predictionId}`;

function countedBy(records: readonly NewPrediction[]): LogCounts['answers'] {
  const counted: Record<string, { answers: number; fallbacks: number }> = {};
  for (const { kind, fallback } of records) {
    const one = (counted[kind] ??= { answers: 0, fallbacks: 0 });
    one.answers += 1;
    if (fallback) one.fallbacks += 1;
  }
  return counted;
}
