// Staging tables of runs that died: Glue forgets them. Never a DROP, and not their data: what was published from one stays where it was
// written, so only the sweep of orphans, which looks at every table's references, may delete files.
import type { Clock } from '../../lib/base/index.ts';
import type { Lake } from '../../lib/lake/index.ts';
import type { Engine } from '../../lib/warehouse/index.ts';

/** A run may have begun since the running ones were listed. */
const YOUNG_MS = 3_600_000;

export interface LeftoverOptions { lake: Lake; engine: Engine; clock: Clock; running: ReadonlySet<string> }

/** How many were let go. */
export async function dropLeftovers({ lake, engine, clock, running }: LeftoverOptions): Promise<number> {
  let dropped = 0;
  for (const staging of await engine.listStagings()) {
    if (running.has(staging.runId)) continue;
    const table = await lake.findTable({ namespace: 'staging', name: staging.name });
    if (table === undefined || table.metadata['last-updated-ms'] > clock.now() - YOUNG_MS) continue;
    await engine.discard(staging, true);
    dropped++;
  }
  return dropped;
}
