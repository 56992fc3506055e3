// The tables of a deployed stage and the engine that reads them, by the names that lib/stacks gives, with the credentials of this shell. Whoever opens them closes them.
import { AthenaClient } from '@aws-sdk/client-athena';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../../base/index.ts';
import { endpointIn } from '../../base/aws/index.ts';
import { Lake } from '../../lake/index.ts';
import { GlueCatalog, S3Files } from '../../lake/aws/index.ts';
import { AthenaEngine } from './engine.ts';

export interface AccountTablesOptions {
  /** `millrace-dev` */
  stage: string;
  region: string;
  /** Its number. */
  account: string;
  /** Those that are listed; any table is found by its name. */
  namespaces: readonly string[];
  clock: Clock;
  /** Says where services are, if elsewhere than in the region: `AWS_ENDPOINT_URL_ATHENA` and so on. */
  environment?: Readonly<Record<string, string | undefined>>;
}

export interface AccountTables { lake: Lake; engine: AthenaEngine; files: S3Files; close(): void }

/** The engine reads answers of very many rows from the files that Athena leaves. */
export function openAccountTables({ stage, region, account, namespaces, clock, environment = {} }: AccountTablesOptions): AccountTables {
  const at = (service: string): { region: string; endpoint?: string } => {
    const endpoint = endpointIn(environment, service);
    return { region, ...(endpoint === undefined ? {} : { endpoint }) };
  };
  const s3 = new S3Client({ ...at('S3'), ...(at('S3').endpoint === undefined ? {} : { forcePathStyle: true }) });
  const [glue, athena] = [new GlueClient(at('GLUE')), new AthenaClient(at('ATHENA'))];
  const warehouse = `s3://${stage}-lake-${account}-${region}`;
  const databasePrefix = `${stage}_`.replaceAll('-', '_');
  const files = new S3Files(s3);
  const lake = new Lake({ files, catalog: new GlueCatalog({ client: glue, files, warehouse, databasePrefix, namespaces: [...namespaces] }) });
  const engine = new AthenaEngine({
    client: athena, lake, databasePrefix, workgroup: `${stage}-batch`, stagingLocation: `${warehouse}/staging`, clock, random: Math.random, readResultFile: (place) => files.read(place),
  });
  return {
    lake, engine, files,
    close: () => {
      for (const client of [s3, glue, athena]) client.destroy();
    },
  };
}
