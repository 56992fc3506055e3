// The Athena engine passes the suite of all engines: the real clients, an Athena API whose SQL Trino executes, over Glue and S3.
import { AthenaClient } from '@aws-sdk/client-athena';
import { CreateDatabaseCommand, GlueClient } from '@aws-sdk/client-glue';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { vi } from 'vitest';
import { systemClock } from '../../lib/base/index.ts';
import { GlueCatalog, S3Files } from '../../lib/lake/aws/index.ts';
import { Lake } from '../../lib/lake/index.ts';
import { AthenaEngine } from '../../lib/warehouse/athena/index.ts';
import { engineContract } from '../warehouse/contract/engine.ts';
import { startAwsRehearsal } from './support/aws-rehearsal.ts';

vi.setConfig({ testTimeout: 180_000 });

const BUCKET = 'millrace-lake';
const PREFIX = 'millrace_test_';

engineContract('Athena', async () => {
  const aws = await startAwsRehearsal();
  const settings = { region: aws.region, credentials: aws.credentials };
  const s3 = new S3Client({ ...settings, endpoint: aws.endpoints.s3, forcePathStyle: true });
  const glue = new GlueClient({ ...settings, endpoint: aws.endpoints.glue });
  const athena = new AthenaClient({ ...settings, endpoint: aws.endpoints.athena });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }));
  for (const namespace of ['bronze', 'silver', 'gold', 'staging']) await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: PREFIX + namespace } }));
  const files = new S3Files(s3);
  const lake = new Lake({ files, catalog: new GlueCatalog({ client: glue, files, warehouse: `s3://${BUCKET}/lake`, databasePrefix: PREFIX }) });
  const engine = new AthenaEngine({
    client: athena, lake, databasePrefix: PREFIX, workgroup: 'primary', outputLocation: `s3://${BUCKET}/results/`, stagingLocation: `s3://${BUCKET}/staging`,
    clock: systemClock, random: Math.random,
  });
  return {
    engine, lake,
    close: async () => {
      s3.destroy();
      glue.destroy();
      athena.destroy();
      await aws.stop();
    },
  };
});
