// The log of predictions in a function, which is frozen between two requests: what was answered is written before the answer leaves. What the
// stream does not take in time goes to a bucket, from which it is put into the stream later; what neither takes waits for the next request.
import type { Clock } from '../../base/index.ts';
import type { OnlineStore } from '../../features/index.ts';
import type { PredictionLog, PredictionRecord } from '../context.ts';
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
  /** Records that wait in memory at most; default 20,000. */
  mostWaiting?: number;
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
  /** Writes what was answered since the last time; never throws. */
  flush(): Promise<LogCounts>;
}

const KEPT_SECONDS = 30 * 86_400;
const PAUSE_MS = 50;

export function invocationLog({ put, recent, setAside, clock, patienceMilliseconds = 1_000, mostWaiting = 20_000 }: InvocationLogOptions): InvocationLog {
  let waiting: PredictionRecord[] = [];
  let lost = 0;
  let fresh: PredictionRecord[] = [];

  /** Gives those that the stream did not take. */
  const intoStream = async (records: readonly PredictionRecord[]): Promise<PredictionRecord[]> => {
    const until = clock.now() + patienceMilliseconds;
    let left = [...records];
    for (let tries = 0; left.length > 0 && (tries === 0 || clock.now() < until); tries++) {
      if (tries > 0) await clock.sleep(PAUSE_MS * 2 ** (tries - 1));
      const outcomes = await put('predictions', left.map((record) => ({ partitionKey: record.prediction_id, data: Buffer.from(JSON.stringify(record)) }))).catch(() => undefined);
      if (outcomes === undefined) break; // it was tried several times, and each took its time
      left = left.filter((_, index) => outcomes[index]?.ok !== true);
    }
    return left;
  };
  const remember = async (records: readonly PredictionRecord[]): Promise<number> => {
    const expiresAt = Math.floor(clock.now() / 1000) + KEPT_SECONDS;
    const parts = Array.from({ length: Math.ceil(records.length / recent.mostChanges) }, (_, part) => records.slice(part * recent.mostChanges, (part + 1) * recent.mostChanges));
    const written = await Promise.allSettled(parts.map((part) => recent.write(part.map((record) => ({
      key: keyOf(record.prediction_id), value: JSON.stringify(record), expected: undefined, version: record.predicted_at, expiresAt,
    }))))); // a conflict says that it is there already
    return parts.reduce((sum, part, index) => sum + (written[index]!.status === 'rejected' ? part.length : 0), 0);
  };

  return {
    get waiting() {
      return waiting.length;
    },
    get isFull() {
      return waiting.length >= mostWaiting;
    },
    predicted(records) {
      fresh.push(...records);
      const room = Math.max(0, mostWaiting - waiting.length);
      waiting.push(...records.slice(0, room));
      lost += Math.max(0, records.length - room);
    },
    async happened(records) {
      await keepOutcomes(records, (batch) => put('outcomes', batch), (milliseconds) => clock.sleep(milliseconds));
    },
    async find(predictionId) {
      const here = waiting.find(({ prediction_id: id }) => id === predictionId);
      if (here !== undefined) return here;
      return recentAnswer(recent, predictionId);
    },
    async flush() {
      const [batch, answered] = [waiting, fresh];
      [waiting, fresh] = [[], []];
      const [left, unfindable] = await Promise.all([intoStream(batch), remember(answered)]);
      let aside = 0;
      if (left.length > 0) {
        await setAside(left.map((record) => `${JSON.stringify(record)}\n`).join('')).then(() => (aside = left.length), () => (waiting = [...left, ...waiting]));
      }
      const counts: LogCounts = { answers: countedBy(answered), logged: batch.length - left.length, setAside: aside, waiting: waiting.length, lost, unfindable };
      lost = 0;
      return counts;
    },
  };
}

/** Of the last 30 days, by its id. */
export async function recentAnswer(recent: Pick<OnlineStore, 'get'>, predictionId: string): Promise<PredictionRecord | undefined> {
  const [item] = await recent.get([keyOf(predictionId)]);
  return item === undefined ? undefined : (JSON.parse(item.value) as PredictionRecord);
}

const keyOf = (predictionId: string): string => `prediction:${predictionId}`;

function countedBy(records: readonly PredictionRecord[]): LogCounts['answers'] {
  const counted: Record<string, { answers: number; fallbacks: number }> = {};
  for (const { kind, fallback } of records) {
    const one = (counted[kind] ??= { answers: 0, fallbacks: 0 });
    one.answers += 1;
    if (fallback) one.fallbacks += 1;
  }
  return counted;
}
