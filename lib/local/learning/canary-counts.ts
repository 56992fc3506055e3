// What was counted of the canaries of a home, as it survives a restart.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { CanaryCounts } from '../../serving/index.ts';

/** By the predictor; counts of a canary that is over are dropped. */
export type KeptFile = Record<string, { startedAt: number; counts: CanaryCounts }>;

/** Where a home keeps what was counted of its canaries. */
export function canaryFile(home: { run: string }): string {
  return path.join(home.run, 'canaries.json');
}

/** What was counted of each canary when it was last looked at. */
export function canaryCountsOf(home: { run: string }): Promise<KeptFile> {
  return keptIn(canaryFile(home));
}

export async function keptIn(file: string): Promise<KeptFile> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  try {
    return JSON.parse(text) as KeptFile;
  } catch {
    return {}; // counts begin anew; what they lead to is decided by what comes
  }
}
