// Which actions each function asked AWS for, and on what: told by its clients, to be held against the policy that it is deployed with.
import { AsyncLocalStorage } from 'node:async_hooks';
import { AthenaClient } from '@aws-sdk/client-athena';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** `s3:GetObject bucket/key` and the like. */
export interface Wanted { action: string; resources: string[] }

type Input = Readonly<Record<string, string | undefined>> & { TableInput?: { Name?: string } };

const current = new AsyncLocalStorage<string>();
const S3_ACTIONS: Readonly<Record<string, string>> = { HeadObject: 'GetObject', ListObjectsV2: 'ListBucket' };

/** Function → its wishes, by their text. */
export const wanted = new Map<string, Map<string, Wanted>>();

/** What the work asks of AWS is noted under the function's name. */
export function asFunction<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  return current.run(name, work);
}

let isWatching = false;

export function watchClients(): void {
  if (isWatching) return;
  isWatching = true;
  watch(S3Client, (command, { Bucket = '', Key }) => {
    const action = S3_ACTIONS[command] ?? command;
    return { action: `s3:${action}`, resources: [`arn:aws:s3:::${Bucket}${Key === undefined || action === 'ListBucket' ? '' : `/${Key}`}`] };
  });
  watch(GlueClient, (command, { DatabaseName = '', Name, TableInput }) => ({
    action: `glue:${command}`,
    resources: ['catalog', `database/${DatabaseName}`, ...(command.includes('Table') ? [`table/${DatabaseName}/${Name ?? TableInput?.Name ?? '*'}`] : [])].map((resource) => `arn:aws:glue:REGION:ACCOUNT:${resource}`),
  }));
  watch(AthenaClient, (command) => ({ action: `athena:${command}`, resources: ['arn:aws:athena:REGION:ACCOUNT:workgroup/millrace-rehearsal-batch'] }));
  watch(SecretsManagerClient, (command) => ({ action: `secretsmanager:${command}`, resources: ['SECRET'] }));
}

interface Sender { prototype: { send: (...args: never[]) => unknown } }

function watch(client: Sender, describe: (command: string, input: Input) => Wanted): void {
  const { send } = client.prototype;
  Object.defineProperty(client.prototype, 'send', {
    configurable: true,
    value(this: unknown, ...args: never[]) {
      const name = current.getStore();
      const command = (args as unknown[])[0] as { constructor: { name: string }; input: Input };
      if (name !== undefined) {
        const wish = describe(command.constructor.name.replace(/Command$/, ''), command.input);
        if (!wanted.has(name)) wanted.set(name, new Map());
        wanted.get(name)?.set(`${wish.action} ${wish.resources.join(' ')}`, wish);
      }
      return send.apply(this, args);
    },
  });
}
