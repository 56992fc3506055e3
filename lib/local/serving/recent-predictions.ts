// The answers of the last 30 days by their id: their lines in files. An item in a store for each answer would cost more than the answer itself, and one for
// those of each moment a commit of that store every time.
import path from 'node:path';
import type { PredictionRecord } from '../../serving/index.ts';
import { AnswerFiles, type IdRange } from './answer-files.ts';
import { lineBeginning, type Lines } from './waiting-lines.ts';

export interface RecentPredictions {
  /**
   * The lines outlive the process when it resolves, and may be lost with the machine: then the lake alone has them. `ids`: of each line, undefined for those
   * that are not to be remembered. What is remembered twice is found once. `now`: milliseconds.
   */
  remember(lines: Lines, ids: readonly (string | undefined)[], now: number): Promise<void>;
  find(id: string): Promise<PredictionRecord | undefined>;
  /** Lets go what has expired. */
  sweep(now: number): Promise<void>;
  close(): Promise<void>;
}

const KEPT_MS = 30 * 86_400_000;

/** `folder`: the API's. Several processes may write and read. */
export function recentPredictions(folder: string): RecentPredictions {
  const files = new AnswerFiles(path.join(folder, 'answers'));
  return {
    async remember(lines, ids, now) {
      const range = rangeOf(ids);
      if (range !== undefined) await files.append(bytesOf(lines, ids), range, now);
    },
    async find(id) {
      const line = await files.find(id, lineBeginning(id));
      return line === undefined ? undefined : (JSON.parse(line) as PredictionRecord);
    },
    sweep: (now) => files.sweep(now - KEPT_MS),
    close: () => files.close(),
  };
}

function rangeOf(ids: readonly (string | undefined)[]): IdRange | undefined {
  let range: IdRange | undefined;
  for (const id of ids) {
    if (id === undefined) continue;
    if (range === undefined) range = { least: id, most: id };
    else if (id > range.most) range.most = id;
    else if (id < range.least) range.least = id;
  }
  return range;
}

/** They lie one after the other already; where one is left out, the others are put together. */
function bytesOf({ bytes, starts }: Lines, ids: readonly (string | undefined)[]): Uint8Array {
  if (!ids.includes(undefined)) return bytes.subarray(starts[0], starts.at(-1));
  return Buffer.concat(ids.flatMap((id, at) => (id === undefined ? [] : bytes.subarray(starts[at], starts[at + 1]))));
}
