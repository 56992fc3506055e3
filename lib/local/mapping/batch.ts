// One batch until nothing of it is left: every record is processed, or is in the failure destination.
import { messageOf, type Clock } from '../../base/index.ts';
import type { StreamRecord } from '../../ingest/events/index.ts';
import type { FailedBatch } from './failure-destination.ts';
import { firstFailure, kinesisEvent } from './kinesis-event.ts';
import type { Handler } from './mapping.ts';
import type { MappingSettings } from './settings.ts';

export interface BatchContext {
  handler: Handler;
  settings: MappingSettings;
  clock: Clock;
  /** From 0 to 1, for the jitter of pauses. */
  random: () => number;
  signal: AbortSignal;
  /** The first records of what was given: in order, each once. */
  done(records: readonly StreamRecord[]): void;
  /** Puts records into the destination, and resolves when they are there. */
  giveUp(failure: Pick<FailedBatch, 'records' | 'condition' | 'attempts' | 'message'>): Promise<void>;
  onCall(outcome: 'succeeded' | 'failed'): void;
}

/** Records that are tried together, and how often a call with them has failed. */
interface Attempt { records: readonly StreamRecord[]; failed: number; message: string }

const PAUSE_GROWTH = 30;

/** Resolves when all is done with, or when the signal aborts: what is not done by then comes again. */
export async function processBatch(records: readonly StreamRecord[], context: BatchContext): Promise<void> {
  const { settings, signal, done, giveUp } = context;
  // The last is next. Parts of a batch keep their order.
  const stack: Attempt[] = [{ records, failed: 0, message: '' }];
  for (let next = stack.pop(); next !== undefined && !signal.aborted; next = stack.pop()) {
    const attempt = next;
    const fresh = attempt.records.findIndex((record) => !isTooOld(record, context));
    if (fresh !== 0) {
      // Records of a shard arrive in order, so the old ones are the first.
      const expired = fresh < 0 ? attempt.records : attempt.records.slice(0, fresh);
      await giveUp({ records: expired, condition: 'RecordAgeExceeded', attempts: attempt.failed, message: attempt.message });
      done(expired);
      if (fresh > 0) stack.push({ ...attempt, records: attempt.records.slice(fresh) });
      continue;
    }
    const { succeeded, message } = await call(attempt.records, context);
    if (succeeded > 0) done(attempt.records.slice(0, succeeded));
    if (succeeded === attempt.records.length) continue;
    const rest = attempt.records.slice(succeeded);
    if (settings.bisectBatchOnFunctionError && (rest.length > 1 || succeeded > 0)) {
      const middle = succeeded > 0 ? rest.length : rest.length >> 1;
      // Where the function named the first failure, the batch is cut there; else in the middle. No attempt is used up.
      if (middle < rest.length) stack.push({ records: rest.slice(middle), failed: attempt.failed, message });
      stack.push({ records: rest.slice(0, middle), failed: attempt.failed, message });
      await pause(attempt.failed, context);
      continue;
    }
    // A batch that got further is another batch, of which this was the first call.
    const failed = (succeeded > 0 ? 0 : attempt.failed) + 1;
    if (settings.maximumRetryAttempts >= 0 && failed > settings.maximumRetryAttempts) {
      await giveUp({ records: rest, condition: 'RetryAttemptsExhausted', attempts: failed, message });
      done(rest);
      continue;
    }
    stack.push({ records: rest, failed, message });
    await pause(failed, context);
  }
}

async function call(records: readonly StreamRecord[], { handler, settings, onCall }: BatchContext): Promise<{ succeeded: number; message: string }> {
  try {
    const response = await handler(kinesisEvent(records));
    const succeeded = settings.reportBatchItemFailures ? firstFailure(response, records) : records.length;
    onCall(succeeded === records.length ? 'succeeded' : 'failed');
    return { succeeded, message: succeeded === records.length ? '' : 'the function reported that the record failed' };
  } catch (thrown) {
    onCall('failed');
    return { succeeded: 0, message: messageOf(thrown) };
  }
}

function isTooOld({ arrivedAt }: StreamRecord, { settings, clock }: BatchContext): boolean {
  return settings.maximumRecordAgeMilliseconds >= 0 && clock.now() - arrivedAt > settings.maximumRecordAgeMilliseconds;
}

async function pause(failed: number, { settings, clock, random, signal }: BatchContext): Promise<void> {
  const longest = settings.retryPauseMilliseconds * Math.min(PAUSE_GROWTH, 2 ** failed);
  await clock.sleep(longest * (0.5 + random() / 2), signal).catch(() => undefined);
}
