// The log of predictions and outcomes: two streams, as any producer feeds them. What cannot be written now waits, in memory and then on the disk.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, messageOf, type Clock } from '../../base/index.ts';
import type { PutOutcome, RecordInput } from '../kinesis/index.ts';
import { keepOutcomes, type NewPrediction, type PredictionLog, type PredictionRecord } from '../../serving/index.ts';
import type { RecentPredictions } from './recent-predictions.ts';
import { SpillFile } from './spill-file.ts';
import { idAt, lineAt, lineBeginning, lineOf, WaitingLines, type Lines } from './waiting-lines.ts';

export interface PredictionLogOptions {
  put(stream: string, records: readonly RecordInput[]): Promise<PutOutcome[]>;
  /** Where answers of the last 30 days are found by their id. */
  recent: RecentPredictions;
  clock: Clock;
  /** Records beyond `mostWaiting` wait here, in one file; in memory, `mostOverflowing` at most, while that cannot be written. */
  folder: string;
  mostWaiting?: number;
  mostOverflowing?: number;
}

export interface OpenPredictionLog extends PredictionLog {
  /** Writes what waits, as far as it can, and ends. */
  close(): Promise<void>;
  /** What went wrong last; undefined while all is well. */
  readonly failure: string | undefined;
  /** Answers of this process that are in no log: neither the stream nor the disk nor memory had room for them. */
  readonly lost: number;
}

const PER_CALL = 500;
/** Calls at the same time: the stream writes them together, and syncs once. */
const CALLS = 8;
/** What is answered meanwhile is written together, and synced once. */
const PAUSE_MS = 100;
const RETRY_MS = 500;

/** @throws MillraceError `io` where the folder cannot be made. */
export async function openPredictionLog({ put, recent, clock, folder, mostWaiting = 100_000, mostOverflowing = 100_000 }: PredictionLogOptions): Promise<OpenPredictionLog> {
  await mkdir(folder, { recursive: true });
  const spill = await SpillFile.open(path.join(folder, 'predictions-waiting.jsonl'));
  const stop = new AbortController();
  const waiting = new WaitingLines();
  let overflow = new WaitingLines();
  let [failure, lost]: [string | undefined, number] = [undefined, 0];
  /** Why answers cannot be asked for by their id. */
  let forgets: string | undefined;
  let wake: (() => void) | undefined;

  /** Durably, or not at all: what the stream refused goes on waiting, and so does what comes meanwhile, or a busy server would sync for a few lines again and again. */
  const flush = async (): Promise<void> => {
    for (let due = waiting.count; due > 0;) {
      const lines = waiting.oldest(Math.min(due, CALLS * PER_CALL))!;
      const ids = idsOf(lines);
      due -= ids.length;
      const refused = await putAll(lines, ids);
      // In the stream it is, whether or not the files take it too: were it sent again for that, the stream would grow without end.
      await recent.remember(lines, ids, clock.now()).catch((thrown: unknown) => (forgets = messageOf(thrown)));
      if (refused.at.length < ids.length) {
        const again = refused.at.map((at) => lineAt(lines, at));
        waiting.drop(lines);
        for (const line of again) waiting.add(line);
      }
      if (refused.at.length > 0) throw refused.cause ?? new Error(`the stream refused ${refused.at.length} of ${ids.length} records`);
    }
  };
  /** Takes the ids out of those that were refused, and gives where they are. */
  const putAll = async (lines: Lines, ids: (string | undefined)[]): Promise<{ at: number[]; cause: unknown }> => {
    const records = ids.map((id, at): RecordInput => ({ partitionKey: id!, data: lines.bytes.subarray(lines.starts[at], lines.starts[at + 1]! - 1) }));
    const froms = Array.from({ length: Math.ceil(ids.length / PER_CALL) }, (_, call) => call * PER_CALL);
    const calls = await Promise.allSettled(froms.map((from) => put('predictions', records.slice(from, from + PER_CALL))));
    const at: number[] = [];
    for (let index = 0; index < ids.length; index++) {
      const call = calls[Math.floor(index / PER_CALL)]!;
      if (call.status === 'fulfilled' && call.value[index % PER_CALL]?.ok === true) continue;
      ids[index] = undefined;
      at.push(index);
    }
    return { at, cause: calls.find((call) => call.status === 'rejected')?.reason };
  };
  /** What memory shall not hold goes to the disk. Where that takes nothing either, it stays in memory, while there is room: an answer that was given is not forgotten. */
  const spillOver = async (): Promise<void> => {
    const some = overflow;
    overflow = new WaitingLines();
    try {
      for (let lines = some.oldest(PER_CALL); lines !== undefined; lines = some.oldest(PER_CALL)) {
        await spill.append(lines.starts.slice(1).map((_, at) => lineAt(lines!, at)));
        some.drop(lines);
      }
    } catch (thrown) {
      some.addAll(overflow);
      overflow = some;
      throw thrown;
    }
  };
  /** Once the queue is empty, what was put aside on the disk comes in again; a crash in between repeats it, and silver keeps each once. */
  const takeBack = async (): Promise<void> => {
    for (let lines = await spill.take(PER_CALL); lines.length > 0; lines = stop.signal.aborted ? [] : await spill.take(PER_CALL)) {
      for (const record of lines.flatMap(recordOf)) waiting.add(lineOf(record));
      await flush();
    }
  };
  const writing = (async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await flush();
        if (overflow.count > 0) {
          waiting.addAll(overflow);
          await flush();
        }
        if (spill.holds) await takeBack();
        [failure, forgets] = [forgets, undefined];
        // Who closes while something was being written does not wait for the next answer.
        if (waiting.count + overflow.count === 0 && !stop.signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
        await clock.sleep(PAUSE_MS, stop.signal).catch(() => undefined);
      } catch (thrown) {
        failure = messageOf(thrown);
        await spillOver().catch((refused: unknown) => (failure = messageOf(refused)));
        await clock.sleep(RETRY_MS, stop.signal).catch(() => undefined);
      }
    }
  })();
  const keep = (record: NewPrediction): void => {
    if (waiting.count < mostWaiting) waiting.add(lineOf(record));
    else if (overflow.count < mostOverflowing) overflow.add(lineOf(record));
    else lost += 1;
  };

  return {
    get waiting() {
      return waiting.count + overflow.count;
    },
    get isFull() {
      return waiting.count >= mostWaiting && overflow.count >= mostOverflowing;
    },
    get lost() {
      return lost;
    },
    get failure() {
      return failure;
    },
    predicted(records) {
      for (const record of records) keep(record);
      wake?.();
      wake = undefined;
    },
    async happened(records) {
      await keepOutcomes(records, (batch) => put('outcomes', batch), (milliseconds) => clock.sleep(milliseconds));
    },
    async find(predictionId) {
      const beginning = lineBeginning(predictionId);
      const here = waiting.find(beginning) ?? overflow.find(beginning);
      return here === undefined ? recent.find(predictionId) : (JSON.parse(here) as PredictionRecord);
    },
    async close() {
      stop.abort();
      wake?.();
      await writing;
      await flush().catch(() => undefined);
      waiting.addAll(overflow);
      overflow = waiting;
      await spillOver().catch((thrown: unknown) => {
        throw new MillraceError('io', `${overflow.count} answers could be logged neither to the stream nor to the disk: ${messageOf(thrown)}`, { where: folder, todo: 'Make room on the disk; what was answered stands, the log lacks it.', cause: thrown });
      });
    },
  };
}

function idsOf(lines: Lines): (string | undefined)[] {
  const ids = Array<string | undefined>(lines.starts.length - 1);
  for (let at = 0; at < ids.length; at++) ids[at] = idAt(lines, at);
  return ids;
}

function recordOf(line: string): PredictionRecord[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as PredictionRecord];
  } catch {
    return []; // the last line of a process that was killed while it wrote
  }
}
