// What keys have used of their day, in the online store: it outlives the process, and all processes of a home count together.
import { MillraceError } from '../base/index.ts';
import type { OnlineStore } from '../features/index.ts';
import type { DayCounts, Usage } from './keys.ts';

const DAY_SECONDS = 86_400;
const MOST_TRIES = 10;

/** Writes down what was counted since the last time, and takes over what others have. Asked for every few seconds, a crash forgets those at most. @throws `io`, `conflict` */
export async function keepUsage(usage: Usage, store: OnlineStore): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const written = usage.unkept();
    const key = `usage/${written.day}`;
    const [item] = await store.get([key]);
    const before = item === undefined ? {} : (JSON.parse(item.value) as DayCounts['counts']);
    const all = { ...before };
    for (const [id, count] of Object.entries(written.counts)) all[id] = (before[id] ?? 0) + count;
    const isNew = Object.keys(written.counts).length > 0;
    if (isNew && !(await store.write([{ key, value: JSON.stringify(all), expected: item?.version, expiresAt: (written.day + 2) * DAY_SECONDS }])).ok) continue;
    usage.kept(written, all);
    return;
  }
  throw new MillraceError('conflict', 'others are counting the use of keys all the time', { where: 'usage', todo: 'It is counted again in a few seconds.' });
}
