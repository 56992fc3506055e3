// DynamoDB Local, AWS's own emulator, in memory on loopback.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ONLINE_TABLE } from '../../../lib/features/aws/index.ts';
import { freePort } from './free-port.ts';

const ORACLE = join(import.meta.dirname, '../../oracles/aws');
const JARS = join(process.env['MILLRACE_VERIFY_HOME'] ?? join(import.meta.dirname, '../../../.verify'), 'aws/dynamodb');

export interface DynamoDbLocal {
  endpoint: string;
  client: DynamoDBClient;
  /** A table as the stream stack makes it. */
  createTable(name: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startDynamoDbLocal(): Promise<DynamoDbLocal> {
  if (!existsSync(JARS)) execFileSync('mvn', ['--quiet', '--batch-mode', '--no-transfer-progress', '--file', join(ORACLE, 'pom.xml'), `-Dtarget=${JARS}`, 'compile'], { stdio: 'inherit' });
  const port = await freePort();
  const server = spawn('java', ['-Xmx512m', `-Djava.library.path=${JARS}`, '-cp', join(JARS, '*'), join(ORACLE, 'DynamoDb.java'), String(port)], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  for (let tries = 0; !(await answers(port)); tries++) {
    if (server.exitCode !== null || tries > 1200) throw new Error('DynamoDB Local did not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  return {
    endpoint, client,
    async createTable(name) {
      const keys = [{ AttributeName: ONLINE_TABLE.partition, KeyType: 'HASH' as const }, { AttributeName: ONLINE_TABLE.sort, KeyType: 'RANGE' as const }];
      await client.send(new CreateTableCommand({ TableName: name, KeySchema: keys, AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' as const })), BillingMode: 'PAY_PER_REQUEST' }));
    },
    async stop() {
      client.destroy();
      server.kill();
      await ended;
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1').once('connect', () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });
}
