// Rows of a Parquet file; they have no bytes of their own, so rejected ones are kept as JSON.
import { MillraceError } from '../../base/index.ts';
import { columnsOfShape, type Intake } from '../load/intake.ts';
import { unexpectedColumns } from '../load/problems.ts';
import { countByFile, failAll, failedRows, stageRows } from '../load/staged.ts';
import type { PreparedFile } from '../prepared.ts';
import { parquetSelect } from './read-parquet.ts';

export async function loadParquet(intake: Intake, { body, material }: PreparedFile): Promise<void> {
  const { session, contract, rejected, signal } = intake.options;
  if (body.format !== 'parquet' || material.content.path === undefined) throw new MillraceError('internal', 'a Parquet file that is not on disk');
  intake.reader = 'parquet';
  const staged = await stageRows(session, contract, parquetSelect(material.content.path, 0, body), columnsOfShape(body.shape), undefined, signal);
  const counts = await countByFile(session, staged, signal);
  const { accepted, failed } = counts.get(0) ?? { accepted: 0, failed: 0 };
  if (accepted + failed !== body.rows) {
    throw new MillraceError('bad_input', `the Parquet file has ${accepted + failed} rows where its footer says ${body.rows}`, { where: material.file.path, todo: 'Nothing of it was kept; write it again.' });
  }
  if (body.shape.unexpected.length === 0) {
    await intake.take(staged, counts, undefined);
    return;
  }
  const message = `the contract does not know ${body.shape.unexpected.join(', ')}`;
  await failAll(session, unexpectedColumns(contract.name));
  for await (const batch of failedRows(session, staged, true, signal)) {
    for (const { row, failures, values } of batch) rejected.add({ file: 0, row, reasons: failures, message, raw: Buffer.from(values ?? '') });
  }
}
