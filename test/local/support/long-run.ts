// Hours of a slow stream on a clock that is moved: what its tables hold in the end, and how much of it is metadata.
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Database } from '../../../lib/lake/duckdb/index.ts';
import { Upkeep } from '../../../lib/local/delivery/index.ts';
import { deliveryHome, StepClock, view } from '../delivery/support.ts';
import { MemoryStream } from './memory-stream.ts';

export interface LongRun {
  flushes: number;
  /** By table: rows, live data files, data files in the folder, bytes of metadata, files of metadata, snapshots. */
  tables: Record<string, { rows: number; liveFiles: number; dataFiles: number; metadataBytes: number; metadataFiles: number; snapshots: number }>;
  records: number;
  failures: string[];
}

/** `eventsASecond` for so many hours, two in a hundred of them invalid, committed every `everyMilliseconds`. */
export async function longRun(database: Database, { hours, eventsASecond, everyMilliseconds }: { hours: number; eventsASecond: number; everyMilliseconds: number }): Promise<LongRun> {
  const clock = new StepClock();
  const home = deliveryHome(database, clock);
  const stream = new MemoryStream('events', 2, clock);
  const lake = home.lake();
  const failures: string[] = [];
  const upkeep = new Upkeep({ lake, database, clock, onFailure: (_table, message) => void failures.push(message) });
  const delivery = home.delivery(stream, { afterCommit: upkeep.afterCommit });
  let records = 0;
  let flushes = 0;
  try {
    for (const end = clock.now() + hours * 3_600_000; clock.now() < end; flushes++) {
      for (let i = 0; i < (eventsASecond * everyMilliseconds) / 1000; i++) {
        records += 1;
        const visitor = `visitor-${records % 977}`;
        stream.put(visitor, records % 50 === 0 ? `{"defect ${records}"` : view(clock, visitor, `event-${records}`, { itemid: String(records % 4111) }));
      }
      clock.milliseconds += everyMilliseconds;
      await delivery.poll();
      await delivery.flush();
      await upkeep.idle();
    }
    const tables: LongRun['tables'] = {};
    for (const name of ['events', 'rejected']) {
      const table = await home.lake().loadTable({ namespace: 'bronze', name });
      const [row] = await home.rows(name, 'SELECT count(*)::INTEGER AS n FROM t');
      const metadata = filesIn(path.join(table.location, 'metadata'));
      tables[name] = {
        rows: Number(row?.['n']), liveFiles: (await table.scan()).files.length, dataFiles: filesIn(path.join(table.location, 'data')).length,
        metadataBytes: metadata.reduce((sum, bytes) => sum + bytes, 0), metadataFiles: metadata.length, snapshots: table.metadata.snapshots.length,
      };
    }
    return { flushes, tables, records, failures };
  } finally {
    delivery.close();
    home.remove();
  }
}

function filesIn(folder: string): number[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => statSync(path.join(entry.parentPath, entry.name)).size);
}
