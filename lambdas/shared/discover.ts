// What landed and is not in bronze yet, in batches of one source. A file that landed at its arrival is not read again: the list of files
// knows its name, and when it was read.
import type { FileBatch } from '../../lib/batch/index.ts';
import type { Lake } from '../../lib/lake/index.ts';
import { discoverBucket, type Bucket } from '../../lib/ingest/aws/index.ts';
import type { Engine } from '../../lib/warehouse/index.ts';

/** A call of the ingest function takes so many files, or so many bytes as they lie, and ends within its time. */
const MOST_FILES = 500;
const MOST_BYTES = 2 * 2 ** 30;
/** Between a file's last change and the time at which it was read: clocks differ, and S3's have no fractions of seconds. */
const MARGIN_MILLISECONDS = 120_000;

export interface DiscoverOptions extends Bucket { lake: Lake; engine: Engine; signal?: AbortSignal }

/** Batches of one source, in the order of the files' names; files that belong to none are a batch without one, so that they are told of. */
export async function discoverBatches(options: DiscoverOptions): Promise<FileBatch[]> {
  const [found, readAt] = await Promise.all([discoverBucket(options), whenRead(options)]);
  const batches: FileBatch[] = [];
  const open = new Map<string, { batch: FileBatch; bytes: number }>();
  for (const one of found) {
    if (one.fate === 'known' && (readAt.get(`${one.source} ${one.file.name}`) ?? 0) > one.file.modifiedAt + MARGIN_MILLISECONDS) continue;
    const [source, path, size] = one.fate === 'known' ? [one.source, one.file.path, one.file.size] : ['', one.path, 0];
    let last = open.get(source);
    if (last === undefined || last.batch.files.length >= MOST_FILES || last.bytes + size > MOST_BYTES) {
      last = { batch: { source, files: [] }, bytes: 0 };
      open.set(source, last);
      batches.push(last.batch);
    }
    last.batch.files.push(path);
    last.bytes += size;
  }
  return batches;
}

/**
 * `<source> <file>` → milliseconds since 1970. Only of sources whose rows in bronze are as many as the list says: after a rollback its
 * files are read again.
 */
async function whenRead({ contracts, lake, engine, signal }: DiscoverOptions): Promise<Map<string, number>> {
  if (!(await lake.tableExists({ namespace: 'ops', name: 'files' }))) return new Map();
  const inBronze = new Set((await lake.listTables('bronze')).map(({ name }) => name));
  const counts = [...contracts.values()].filter(({ name }) => inBronze.has(name))
    .map(({ name, stream }) => `SELECT '${name}' AS source, count(*) AS n FROM bronze.${name}${stream === undefined ? '' : ' WHERE _stream IS NULL'}`);
  if (counts.length === 0) return new Map();
  const { rows } = await engine.query(
    `WITH listed AS (SELECT source, sum(accepted) AS n FROM ops.files WHERE status = 'landed' GROUP BY source),
          present AS (${counts.join(' UNION ALL ')})
     SELECT f.source, f._file, CAST(max(f.ingested_at) AS varchar) AS read_at
     FROM ops.files f JOIN present p ON p.source = f.source LEFT JOIN listed l ON l.source = f.source
     WHERE coalesce(l.n, 0) = p.n GROUP BY f.source, f._file`, { signal });
  return new Map(rows.map(([source, file, at]) => [`${String(source)} ${String(file)}`, Date.parse(`${String(at).replace(' ', 'T')}Z`)]));
}
