// The log of predictions and outcomes: two streams, as any producer feeds them. What cannot be written now waits, in memory and then on the disk.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, messageOf, type Clock } from '../../base/index.ts';
import type { OnlineStore } from '../../features/index.ts';
import type { PutOutcome, RecordInput } from '../kinesis/index.ts';
import { keepOutcomes, type PredictionLog, type PredictionRecord } from '../../serving/index.ts';
import { recentPredictions } from './recent-predictions.ts';
import { SpillFile } from './spill-file.ts';

export interface PredictionLogOptions {
  put(stream: string, records: readonly RecordInput[]): Promise<PutOutcome[]>;
  /** Where answers of the last 30 days are found by their id. */
  recent: OnlineStore;
  clock: Clock;
  /** Records beyond `mostWaiting` wait here, in one file. */
  folder: string;
  mostWaiting?: number;
}

export interface OpenPredictionLog extends PredictionLog {
  /** Writes what waits, as far as it can, and ends. */
  close(): Promise<void>;
  /** What went wrong last; undefined while all is well. */
  readonly failure: string | undefined;
}

const PER_CALL = 500;
/** What is answered meanwhile is written together, and synced once. */
const PAUSE_MS = 50;
const RETRY_MS = 500;

/** @throws MillraceError `io` where the folder cannot be made. */
export async function openPredictionLog({ put, recent, clock, folder, mostWaiting = 100_000 }: PredictionLogOptions): Promise<OpenPredictionLog> {
  await mkdir(folder, { recursive: true });
  const spill = await SpillFile.open(path.join(folder, 'predictions-waiting.jsonl'));
  const stop = new AbortController();
  const answers = recentPredictions(recent);
  let waiting: PredictionRecord[] = [];
  let overflow: PredictionRecord[] = [];
  let failure: string | undefined;
  /** Why answers cannot be asked for by their id. */
  let forgets: string | undefined;
  let wake: (() => void) | undefined;

  /** Durably, or not at all: what the stream refused stays at the front. */
  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, PER_CALL);
      const texts = batch.map((record) => JSON.stringify(record));
      const outcomes = await put('predictions', batch.map((record, index) => ({ partitionKey: record.prediction_id, data: Buffer.from(texts[index]!) })));
      const left = batch.filter((_, index) => outcomes[index]?.ok !== true);
      // In the stream it is, whether or not the store takes it too: were it sent again for that, the stream would grow without end.
      await answers.remember(batch.flatMap(({ prediction_id: id }, index) => (outcomes[index]?.ok === true ? [{ id, text: texts[index]! }] : [])), clock.now()).catch((thrown: unknown) => (forgets = messageOf(thrown)));
      waiting = [...left, ...waiting.slice(batch.length)];
      if (left.length > 0) throw new Error(`the stream refused ${left.length} of ${batch.length} records`);
    }
  };
  /** What memory shall not hold goes to the disk. Where that takes nothing either, it stays in memory: an answer that was given is not forgotten. */
  const spillOver = async (): Promise<void> => {
    const some = overflow;
    overflow = [];
    await spill.append(some.map((record) => JSON.stringify(record))).catch((thrown: unknown) => {
      overflow = [...some, ...overflow];
      throw thrown;
    });
  };
  /** Once the queue is empty, what was put aside on the disk comes in again; a crash in between repeats it, and silver keeps each once. */
  const takeBack = async (): Promise<void> => {
    for (let lines = await spill.take(PER_CALL); lines.length > 0; lines = stop.signal.aborted ? [] : await spill.take(PER_CALL)) {
      // Before what was answered meanwhile: nothing that waits is replaced.
      waiting = [...lines.flatMap(recordOf), ...waiting];
      await flush();
    }
  };
  const writing = (async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await flush();
        [waiting, overflow] = [[...waiting, ...overflow], []];
        await flush();
        if (spill.holds) await takeBack();
        [failure, forgets] = [forgets, undefined];
        // Who closes while something was being written does not wait for the next answer.
        if (waiting.length + overflow.length === 0 && !stop.signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
        await clock.sleep(PAUSE_MS, stop.signal).catch(() => undefined);
      } catch (thrown) {
        failure = messageOf(thrown);
        await spillOver().catch((refused: unknown) => (failure = messageOf(refused)));
        await clock.sleep(RETRY_MS, stop.signal).catch(() => undefined);
      }
    }
  })();

  return {
    get waiting() {
      return waiting.length + overflow.length;
    },
    get failure() {
      return failure;
    },
    predicted(records) {
      if (waiting.length + records.length <= mostWaiting) waiting.push(...records);
      else overflow.push(...records);
      wake?.();
      wake = undefined;
    },
    async happened(records) {
      await keepOutcomes(records, (batch) => put('outcomes', batch), (milliseconds) => clock.sleep(milliseconds));
    },
    async find(predictionId) {
      const here = waiting.find(({ prediction_id: id }) => id === predictionId);
      if (here !== undefined) return here;
      return answers.find(predictionId);
    },
    async close() {
      stop.abort();
      wake?.();
      await writing;
      await flush().catch(() => undefined);
      overflow = [...waiting, ...overflow];
      waiting = [];
      await spillOver().catch((thrown: unknown) => {
        throw new MillraceError('io', `${overflow.length} answers could be logged neither to the stream nor to the disk: ${messageOf(thrown)}`, { where: folder, todo: 'Make room on the disk; what was answered stands, the log lacks it.', cause: thrown });
      });
    },
  };
}

function recordOf(line: string): PredictionRecord[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as PredictionRecord];
  } catch {
    return []; // the last line of a process that was killed while it wrote
  }
}
