// A door before an emulator that notes what passes: which actions a deployed bundle asks AWS for, on what, to be held against the policy that it is deployed with.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ofType, textOf, type Resources } from '../../aws/support/stage.ts';
import { policiesOf, statementsOf } from '../../aws/support/policies.ts';

/** `keys`: of a table's items, which a policy may name. */
export interface Call { action: string; resources: string[]; keys?: string[] }

export interface Door { endpoint: string; calls: readonly Call[]; close(): Promise<void> }

const REGION_AND_ACCOUNT = 'eu-central-1:ACCOUNT';

export async function recordingDoor(behind: string): Promise<Door> {
  const calls: Call[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body = Buffer.concat(chunks);
      calls.push(...callsOf(incoming.method ?? '', incoming.url ?? '', incoming.headers, body.toString('utf8')));
      const on = request(`${behind}${incoming.url}`, { method: incoming.method, headers: { ...incoming.headers, host: new URL(behind).host } }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      on.on('error', () => outgoing.writeHead(502).end());
      on.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface TableInput { TableName?: string; RequestItems?: Record<string, { Keys?: Item[] }>; Item?: Item; Key?: Item; StreamName?: string; DatabaseName?: string; Name?: string; TransactItems?: Record<'Put' | 'Delete', { TableName: string; Item?: Item; Key?: Item } | undefined>[] }
type Item = Record<string, { S?: string }>;

const arn = (service: string, resource: string): string => `arn:aws:${service}:${REGION_AND_ACCOUNT}:${resource}`;

function callsOf(method: string, url: string, headers: Readonly<Record<string, unknown>>, body: string): Call[] {
  const [service = '', operation = ''] = String(headers['x-amz-target'] ?? '').split('.');
  if (service.startsWith('DynamoDB')) return tableCalls(operation, JSON.parse(body) as TableInput);
  if (service.startsWith('Kinesis')) return [{ action: `kinesis:${operation}`, resources: [arn('kinesis', `stream/${(JSON.parse(body) as TableInput).StreamName}`)] }];
  if (service === 'AWSGlue') {
    const { DatabaseName, Name } = JSON.parse(body) as TableInput;
    return [{ action: `glue:${operation}`, resources: ['catalog', `database/${DatabaseName}`, `table/${DatabaseName}/${Name}`].map((resource) => arn('glue', resource)) }];
  }
  if (service === 'AmazonAthena') return [{ action: `athena:${operation}`, resources: [arn('athena', 'workgroup/millrace-dev-batch')] }];
  const form = new URLSearchParams(body);
  if (form.has('Action')) return [{ action: `sns:${form.get('Action')}`, resources: [String(form.get('TopicArn')).replace('000000000000', 'ACCOUNT')] }];
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [bucket = '', ...key] = pathname.slice(1).split('/').map(decodeURIComponent);
  const named = `arn:aws:s3:::${bucket.replace(/-000000000000-eu-central-1$/, '-ACCOUNT-REGION')}`;
  if (searchParams.has('list-type')) return [{ action: 's3:ListBucket', resources: [named] }];
  return [{ action: `s3:${{ GET: 'GetObject', HEAD: 'GetObject', PUT: 'PutObject', DELETE: 'DeleteObject' }[method] ?? method}`, resources: [`${named}/${key.join('/')}`] }];
}

/** A transaction asks for the rights of its parts. */
function tableCalls(operation: string, { TableName, RequestItems = {}, Item, Key, TransactItems }: TableInput): Call[] {
  const keysOf = (items: readonly (Item | undefined)[]): string[] => items.flatMap((item) => item?.['pk']?.S ?? []);
  if (TransactItems !== undefined) return TransactItems.flatMap((parts) => Object.entries(parts).map(([part, one]) => ({ action: `dynamodb:${part}Item`, resources: [arn('dynamodb', `table/${one!.TableName}`)], keys: keysOf([one!.Item ?? one!.Key]) })));
  const asked = TableName === undefined ? Object.entries(RequestItems).map(([table, { Keys = [] }]) => [table, Keys] as const) : [[TableName, [Item ?? Key]] as const];
  return asked.map(([table, items]) => ({ action: `dynamodb:${operation}`, resources: [arn('dynamodb', `table/${table}`)], keys: keysOf(items) }));
}

/** Those calls that the role of a function would be refused. */
export function refusedTo(resources: Resources, name: string, calls: readonly Call[]): Call[] {
  const tables = new Map(ofType(resources, 'AWS::DynamoDB::Table').map(([id, { Properties }]) => [`<${id}>`, arn('dynamodb', `table/${String(Properties['TableName'])}`)]));
  const statements = policiesOf(resources, 'millrace-dev-').get(name)!.map((one) => ({ ...one, resources: one.resources.map((resource) => tables.get(resource) ?? resource.replace(':REGION:', ':eu-central-1:')) }));
  const leading = leadingKeysOf(resources, name);
  return calls.filter(({ action, resources: wanted, keys = [] }) => !wanted.every((resource) => statements.some(({ actions, resources: given }) => actions.some((one) => fits(one, action)) && given.some((one) => fits(one, resource))))
    || (action.startsWith('dynamodb:') && leading !== undefined && !keys.every((key) => leading.some((pattern) => fits(pattern, key)))));
}

/** The keys that a role may touch in tables, where its policy names them. */
function leadingKeysOf(resources: Resources, name: string): string[] | undefined {
  const role = ofType(resources, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties).find(({ FunctionName }) => FunctionName === `millrace-dev-${name}`)!['Role'];
  if (statementsOf(resources, textOf(role).slice(1, -1)).length === 0) throw new Error(`${name} has no policy`);
  const documents = ofType(resources, 'AWS::IAM::Policy').filter(([, { Properties }]) => (Properties['Roles'] as unknown[]).some((one) => textOf(one) === textOf(role))).map(([, { Properties }]) => Properties['PolicyDocument'] as { Statement: { Condition?: Record<string, Record<string, string[]>> }[] });
  return documents.flatMap(({ Statement }) => Statement).map(({ Condition }) => Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys']).find((keys) => keys !== undefined);
}

function fits(pattern: string, value: string): boolean {
  return new RegExp(`^${pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`).test(value);
}
