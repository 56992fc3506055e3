// A process that commits to a table until it has done its share, or is killed: appends, and with `upkeep` also compacts, expires and tags.
import { LocalFiles, openFolderLake, type DataFile, type Table } from '../../../lib/lake/index.ts';
import { MillraceError } from '../../../lib/base/index.ts';
import { ORDERS } from './fixtures.ts';

const [root = '', writer = '0', commits = '10', mode = ''] = process.argv.slice(2);
const files = new LocalFiles();
const lake = openFolderLake(root);

/** A file of its own for each commit; a retry of the same commit writes the same. */
async function rowsOf(table: Table, index: number): Promise<DataFile> {
  const path = `${table.dataLocation}/w${writer}-${index}.parquet`;
  await files.write(path, Buffer.from(`rows ${index} of writer ${writer}`.padEnd(64)), { durable: 'no' });
  return dataFileAt(path, 10n);
}

function dataFileAt(path: string, rows: bigint): DataFile {
  return {
    content: 0, path, format: 'PARQUET', specId: 0, partition: [], recordCount: rows, fileSizeInBytes: 64n,
    metrics: { columnSizes: {}, valueCounts: { 1: rows }, nullValueCounts: { 1: 0n }, lowerBounds: {}, upperBounds: {} },
  };
}

async function upkeep(table: Table, index: number): Promise<void> {
  const scan = await table.scan();
  const small = scan.files.filter(({ file }) => file.recordCount === 10n);
  if (small.length >= 6) {
    const path = `${table.dataLocation}/merged-${writer}-${index}.parquet`;
    await files.write(path, Buffer.alloc(64), { durable: 'no' });
    const rows = small.reduce((sum, { file }) => sum + file.recordCount, 0n);
    try {
      await table.replaceFiles({ remove: small.map(({ file }) => file), add: [dataFileAt(path, rows)] }, { basedOn: scan });
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'conflict') throw error; // another process compacted first
    }
  }
  await table.expireSnapshots({ olderThanMilliseconds: 0, keepAtLeast: 20 });
}

const table = await lake.loadTable(ORDERS);
process.stdout.write('ready\n');
for (let index = 0; index < Number(commits); index++) {
  const wapId = `w${writer}/${index}`;
  // What was committed before a kill is known from the table alone: by a property, since snapshots expire.
  await table.refresh();
  if (Number(table.properties[`done.${writer}`] ?? -1) >= index) continue;
  await table.append([await rowsOf(table, index)], {
    wapId, properties: { set: { [`done.${writer}`]: String(index) } },
    beforeCommit: ({ metadata }) => (Number(metadata.properties[`done.${writer}`] ?? -1) >= index ? 'skip' : undefined),
  });
  if (mode === 'upkeep' && index % 5 === 4) await upkeep(table, index);
}
process.stdout.write('done\n');
