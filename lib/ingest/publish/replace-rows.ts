// Rows of some files in a table, replaced by others in one commit: copy on write, and tried again where others changed the same data files.
import { MillraceError } from '../../base/index.ts';
import type { DataFile, Predicate, Table } from '../../lake/index.ts';
import { quoteText, scanSql, writeRows, type Session } from '../../lake/duckdb/index.ts';
import { unpartitioned } from '../load/write-bronze.ts';
import { bringToTable, discardFiles, withLocalFiles, writingFolder } from '../tables/storage.ts';
import type { IngestContext } from '../types.ts';

export interface Replacement {
  source: string;
  /** Rows of these files go. */
  fileIds: readonly string[];
  /** A SELECT of the rows that come, with all columns of the table; undefined: none. Run in `session`. */
  rows?: string;
  session: Session;
  summary?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

const MOST_TRIES = 20;

/**
 * Commits the replacement; without rows on either side nothing is committed. The table is partitioned by `source`, or not at all, and has the
 * columns `source` and `_file_id`.
 */
export async function replaceRows(context: IngestContext, table: Table, replacement: Replacement): Promise<void> {
  const { source, fileIds, rows, session, summary, signal } = replacement;
  const filter: Predicate = { op: 'and', of: [{ op: 'eq', column: 'source', value: source }, { op: 'in', column: '_file_id', values: [...fileIds] }] };
  const written = rows === undefined ? [] : await writeSource(context, table, session, source, rows, signal);
  for (let attempt = 1; ; attempt++) {
    const scan = await table.scan({ filter });
    const touched = await filesWithRows(context, table, scan.files, session, source, fileIds);
    const survivors: DataFile[] = [];
    try {
      if (touched.length === 0) {
        if (written.length > 0) await table.append(written, { summary, signal });
        return;
      }
      survivors.push(...await withLocalFiles(context.lake, touched, context.temporaryFolder, (local) => writeSource(context, table, session, source,
        `SELECT * FROM (${scanSql({ schema: table.schema, specs: table.metadata['partition-specs'], properties: table.properties, files: local })}) WHERE NOT (${matches(source, fileIds)})`, signal)));
      await table.rewriteFiles({ remove: touched.map(({ file }) => file), add: [...survivors, ...written] }, {
        isolation: 'snapshot', basedOn: { snapshot: scan.snapshot }, summary, signal,
      });
      return;
    } catch (thrown) {
      await discardFiles(context.lake, survivors);
      if (!(thrown instanceof MillraceError) || thrown.code !== 'conflict' || attempt === MOST_TRIES) {
        await discardFiles(context.lake, written);
        throw thrown;
      }
      await context.clock.sleep(10 * attempt, signal);
      await table.refresh();
    }
  }
}

/** Bounds say which data files may hold rows of the files; these are the ones that do. */
async function filesWithRows(
  context: IngestContext, table: Table, files: Awaited<ReturnType<Table['scan']>>['files'], session: Session, source: string, fileIds: readonly string[],
): Promise<typeof files> {
  const found: typeof files = [];
  for (const file of files) {
    const rows = await withLocalFiles(context.lake, [file], context.temporaryFolder, (local) => session.value(
      `SELECT count(*) FROM (${scanSql({ schema: table.schema, specs: table.metadata['partition-specs'], properties: table.properties, files: local }, { columns: ['source', '_file_id'] })}) WHERE ${matches(source, fileIds)}`));
    if (Number(rows) > 0) found.push(file);
  }
  return found;
}

/** All rows are of one source, which is the partition where the table has one. */
async function writeSource(context: IngestContext, table: Table, session: Session, source: string, select: string, signal: AbortSignal | undefined): Promise<DataFile[]> {
  const [field] = table.spec.fields;
  const bySource = table.spec.fields.length === 1 && field?.transform === 'identity' && table.schema.fields.find(({ id }) => id === field['source-id'])?.name === 'source';
  const files = await writeRows(session, {
    schema: table.schema, spec: bySource ? unpartitioned(table.spec) : table.spec, folder: writingFolder(table, context.temporaryFolder), select, signal, where: `${table.name.namespace}.${table.name.name}`,
  });
  return bringToTable(context.lake, table, bySource ? files.map((file) => ({ ...file, partition: [source] })) : files);
}

function matches(source: string, fileIds: readonly string[]): string {
  return `source = ${quoteText(source)} AND _file_id IN (${fileIds.map(quoteText).join(', ')})`;
}
