// Changes that are computed from a table's rows, and computed anew where another writer was faster.
import { MillraceError } from '../../base/index.ts';
import type { ChangeOptions, CommitResult } from '../commit/options.ts';
import type { Table } from '../table.ts';
import type { TableScan } from '../scan/plan.ts';
import type { DataFile, Predicate } from '../types.ts';
import type { Stage } from './stage.ts';

/** A change worked out but not committed: the files that leave, the files that come, and what it was worked out from. */
export interface PreparedRewrite {
  remove: DataFile[];
  add: DataFile[];
  /** What the change was computed from. */
  scan: TableScan;
  /** The rows that it depends on. */
  reads: Predicate;
  /** What happened to the rows, for whoever asked. */
  rows: { deleted: bigint; inserted: bigint; updated: bigint };
}

export interface RewriteResult { rows: PreparedRewrite['rows']; commit: CommitResult | undefined }

const MOST_TRIES = 10;
const FIRST_WAIT_MS = 20;

/** Prepares and commits; where somebody else changed the same rows first, prepares again on what there is then. */
export async function rewriteWithRetry(
  table: Table, stage: Stage, prepare: () => Promise<PreparedRewrite>, options: ChangeOptions,
): Promise<RewriteResult> {
  for (let tried = 1; ; tried++) {
    const prepared = await prepare();
    const { remove, add, scan, reads, rows } = prepared;
    if (remove.length === 0 && add.length === 0) return { rows, commit: undefined };
    try {
      const commit = await table.rewriteFiles({ remove, add }, { ...options, basedOn: scan, reads });
      if (!commit.committed) await stage.discard(add);
      return { rows, commit };
    } catch (error) {
      // After any other error the commit may have come through, so that its files must stay; if it has not, the orphan sweep finds them.
      if (!(error instanceof MillraceError) || error.code !== 'conflict') throw error;
      await stage.discard(add);
      if (tried === MOST_TRIES) throw error;
      await table.context.clock.sleep(Math.random() * FIRST_WAIT_MS * 2 ** tried, options.signal);
      await table.refresh();
    }
  }
}
