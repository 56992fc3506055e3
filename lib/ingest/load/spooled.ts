// The exact path: our own reader puts the well-formed records of one or more files into a spool, and DuckDB reads that.
import { MillraceError } from '../../base/index.ts';
import { columnsOf } from '../../contracts/index.ts';
import { temporaryPath } from '../bytes/temporary.ts';
import { spoolCsv } from '../csv/spool-csv.ts';
import { spoolJson } from '../json/spool-json.ts';
import type { PreparedFile } from '../prepared.ts';
import type { RecordFormat } from './find-records.ts';
import { columnsOfShape, namesOfShape, type Intake } from './intake.ts';
import { nameList, readCsvSql } from './read-csv.ts';
import { Spool } from './spool.ts';
import { countByFile, stageRows, type StageColumns, type Staged } from './staged.ts';

/** Files of one shape: CSV with the same header, or JSON lines. */
export async function loadSpooled(intake: Intake): Promise<void> {
  const { files, contract, rejected, signal } = intake.options;
  const layout = layoutOf(intake, files[0]!.body);
  intake.reader = layout.format.format === 'jsonl' ? 'json' : 'exact';
  const newSpool = (): Spool => new Spool(temporaryPath(intake.context.temporaryFolder, 'spool'), layout.delimiter);
  const target = { spool: newSpool() };
  const afterChunk = async (): Promise<void> => {
    await target.spool.flush();
    if (target.spool.bytes < intake.stretchBytes) return;
    await takeSpool(intake, target.spool, layout);
    target.spool = newSpool();
  };
  try {
    for (const [number, { body, material: { content } }] of files.entries()) {
      const marks = intake.marks[number] = [];
      if (body.format === 'csv') await spoolCsv(contract.name, number, content, body, target, rejected, marks, { afterChunk, signal });
      else if (body.format === 'jsonl') await spoolJson(contract, number, content, body.skip, target, rejected, marks, { afterChunk, signal });
    }
    await takeSpool(intake, target.spool, layout);
  } finally {
    await target.spool.remove();
  }
}

/** What the columns of a spool are. */
interface SpoolLayout { delimiter: string; names: { all: string[]; wanted: string[] }; columns: StageColumns; format: RecordFormat }

function layoutOf({ options: { contract } }: Intake, body: PreparedFile['body']): SpoolLayout {
  if (body.format === 'csv') {
    const { delimiter, shape, header } = body;
    return { delimiter, names: namesOfShape(shape), columns: columnsOfShape(shape), format: { format: 'csv', delimiter, fields: header.names.length } };
  }
  const declared = columnsOf(contract).map(({ name }) => name);
  const all = [...declared, '$extras'];
  return { delimiter: ',', names: { all, wanted: all }, columns: { present: new Set(declared), extras: [], jsonExtras: true }, format: { format: 'jsonl' } };
}

async function takeSpool(intake: Intake, spool: Spool, layout: SpoolLayout): Promise<void> {
  try {
    if (spool.rows === 0) return;
    await spool.close();
    for (const parallel of [true, false]) {
      const found = await stageSpool(intake, spool, layout, parallel).catch((thrown: unknown) => {
        if (parallel && thrown instanceof MillraceError && thrown.code === 'bad_input') return undefined;
        throw thrown;
      });
      if (found === undefined || found.rows !== spool.rows) continue;
      await intake.take(found.staged, found.counts, layout.format);
      return;
    }
    throw new MillraceError('internal', `DuckDB does not read ${spool.rows} well-formed rows as such`, { todo: 'This is a defect; nothing was kept. Please report it with the file.' });
  } finally {
    await spool.remove();
  }
}

async function stageSpool(
  { options: { session, contract, signal } }: Intake, spool: Spool, { names, columns }: SpoolLayout, parallel: boolean,
): Promise<{ staged: Staged; counts: Awaited<ReturnType<typeof countByFile>>; rows: number }> {
  const reader = readCsvSql({
    path: spool.path, delimiter: spool.delimiter, columns: ['$file', '$row', ...names.all], hasHeader: false, lineEnd: 'lf', longest: spool.longestRow + 64, parallel,
  });
  const relation = `(SELECT "$file"::INTEGER AS "$file", "$row"::BIGINT AS "$row", ${nameList(names.wanted)} FROM ${reader})`;
  const staged = await stageRows(session, contract, relation, columns, undefined, signal);
  const counts = await countByFile(session, staged, signal);
  return { staged, counts, rows: [...counts.values()].reduce((sum, { accepted, failed }) => sum + accepted + failed, 0) };
}
