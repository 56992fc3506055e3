// The lake's AWS adapters, with the real clients against S3 and Glue that others wrote: the same suites as the embedded ones.
import { CreateDatabaseCommand, GetTableCommand, GlueClient, UpdateTableCommand } from '@aws-sdk/client-glue';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GlueCatalog, S3Files } from '../../lib/lake/aws/index.ts';
import { FolderCatalog, Lake } from '../../lib/lake/index.ts';
import { catalogContract } from '../lake/contract/catalog.ts';
import { filesContract } from '../lake/contract/files.ts';
import { dataFile, ordersTable } from '../lake/support/fixtures.ts';
import { startMinistack, type AwsServer } from './support/ministack.ts';

const BUCKET = 'lake';
let server: AwsServer;
let s3: S3Client;
let glue: GlueClient;

beforeAll(async () => {
  server = await startMinistack();
  s3 = new S3Client({ ...server.config, forcePathStyle: true });
  glue = new GlueClient(server.config);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }));
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: 'millrace_test_shop' } }));
}, 300_000);
afterAll(async () => {
  s3.destroy();
  glue.destroy();
  await server.stop();
});

const glueCatalog = (files: S3Files) => new GlueCatalog({ client: glue, files, warehouse: `s3://${BUCKET}/warehouse`, databasePrefix: 'millrace_test_' });

filesContract('S3', async () => ({ files: new S3Files(s3), root: `s3://${BUCKET}/files` }));
catalogContract('Glue over S3', async () => {
  const files = new S3Files(s3);
  return { files, catalog: glueCatalog(files), namespace: 'shop' };
});
catalogContract('folder on S3', async () => {
  const files = new S3Files(s3);
  return { files, catalog: new FolderCatalog(files, `s3://${BUCKET}/folder`), namespace: 'shop' };
});

describe('a table in Glue', () => {
  it('is what engines look for, and keeps what others put beside it', async () => {
    const files = new S3Files(s3);
    const lake = new Lake({ files, catalog: glueCatalog(files) });
    const table = await ordersTable(lake, { partitionBy: ['state'] });
    const read = async () => (await glue.send(new GetTableCommand({ DatabaseName: 'millrace_test_shop', Name: 'orders' }))).Table;
    const before = await read();
    expect(before).toMatchObject({ TableType: 'EXTERNAL_TABLE', Parameters: { table_type: 'ICEBERG', metadata_location: table.pointer.metadataLocation } });
    expect(table.pointer.metadataLocation).toMatch(/^s3:\/\/lake\/warehouse\/shop\/orders\/metadata\/00000-[0-9a-f-]{36}\.metadata\.json$/);
    expect(before?.StorageDescriptor?.Columns?.map((column) => `${column.Name} ${column.Type}`)).toEqual(['id bigint', 'state string', 'ordered_at timestamp', 'price decimal(18,4)']);
    await glue.send(new UpdateTableCommand({
      DatabaseName: 'millrace_test_shop',
      TableInput: { Name: 'orders', Description: 'All orders.', Owner: 'marketplace', TableType: 'EXTERNAL_TABLE', Parameters: before?.Parameters, StorageDescriptor: before?.StorageDescriptor },
    }));
    await table.append([dataFile(table, { partition: ['SP'] })]);
    expect(await read()).toMatchObject({
      Description: 'All orders.', Owner: 'marketplace',
      Parameters: { table_type: 'ICEBERG', metadata_location: table.pointer.metadataLocation, previous_metadata_location: before?.Parameters?.['metadata_location'] },
    });
    expect(table.pointer.metadataLocation).toMatch(/\/00001-/);
  });

  it('whose Iceberg parameters an update has wiped is refused with the cause, not taken for another kind of table', async () => {
    const files = new S3Files(s3);
    const lake = new Lake({ files, catalog: glueCatalog(files) });
    const name = { namespace: 'shop', name: 'wiped' };
    await lake.createTable(name, { columns: [{ name: 'id', type: 'long' }] });
    await glue.send(new UpdateTableCommand({ DatabaseName: 'millrace_test_shop', TableInput: { Name: 'wiped', Parameters: { classification: 'parquet' } } }));
    await expect(lake.loadTable(name)).rejects.toMatchObject({ code: 'unsupported', todo: expect.stringContaining('CloudFormation') });
  });
});

describe('an answer that was lost', () => {
  /** Glue that does what it is told, and then loses the answer. */
  const losing = (times: number): GlueClient => new Proxy(glue, {
    get: (target, key, receiver) => (key !== 'send' ? Reflect.get(target, key, receiver) as unknown : async (command: unknown) => {
      const answer = await target.send(command as GetTableCommand);
      if (command instanceof UpdateTableCommand && times-- > 0) throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
      return answer;
    }),
  });

  it('is looked up: the commit is neither lost nor repeated', async () => {
    const files = new S3Files(s3);
    const name = { namespace: 'shop', name: 'lost_answers' };
    const catalog = new GlueCatalog({ client: losing(3), files, warehouse: `s3://${BUCKET}/warehouse`, databasePrefix: 'millrace_test_' });
    const lake = new Lake({ files, catalog });
    const table = await lake.createTable(name, { columns: [{ name: 'id', type: 'long' }] });
    for (let index = 0; index < 3; index++) expect((await table.append([dataFile(table)])).committed).toBe(true);
    const seen = await new Lake({ files, catalog: glueCatalog(files) }).loadTable(name);
    expect(seen.metadata.snapshots).toHaveLength(3);
    expect((await seen.scan()).files).toHaveLength(3);
    await table.setProperties({ set: { a: 'b' } });
    await seen.refresh();
    expect(seen.properties['a']).toBe('b');
  });
});
