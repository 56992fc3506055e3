// Outcomes are kept before their caller is answered, in either home.
import { MillraceError } from '../base/index.ts';
import type { OutcomeRecord } from './context.ts';

const TRIES = 4;
const PAUSE_MS = 50;

/** Puts outcomes into a stream, and what it does not take again, with pauses that grow. @throws `io` where some could not be kept. */
export async function keepOutcomes(
  records: readonly OutcomeRecord[], put: (records: readonly { partitionKey: string; data: Uint8Array }[]) => Promise<readonly { ok: boolean }[]>, sleep: (milliseconds: number) => Promise<void>,
): Promise<void> {
  let left = records.map((record) => ({ partitionKey: record.outcome_id, data: Buffer.from(JSON.stringify(record)) }));
  for (let tries = 0; left.length > 0 && tries < TRIES; tries++) {
    if (tries > 0) await sleep(PAUSE_MS * 2 ** tries);
    const outcomes = await put(left).catch(() => undefined);
    left = left.filter((_, index) => outcomes?.[index]?.ok !== true);
  }
  if (left.length > 0) throw new MillraceError('io', `${left.length} outcomes could not be kept`, { where: 'stream outcomes', todo: 'Send them again with the same outcome_id: each counts once.' });
}
