// What a container of a plain Node image begins with: fetches a function's bundle from S3, by requests that it signs itself, and runs its handler.
// So no image has to be built where the stacks are synthesised. Written for the image: nothing but Node's own modules.
import { createHash, createHmac } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';

export interface Credentials { AccessKeyId: string; SecretAccessKey: string; Token: string }

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Headers of a signed GET of an object (AWS Signature Version 4). `date`: `20261121T120000Z`. */
export function signedHeaders(url: URL, region: string, { AccessKeyId, SecretAccessKey, Token }: Credentials, date: string): Record<string, string> {
  const headers: Record<string, string> = { host: url.host, 'x-amz-content-sha256': EMPTY, 'x-amz-date': date, 'x-amz-security-token': Token };
  const names = Object.keys(headers).sort();
  const canonical = ['GET', url.pathname, '', ...names.map((name) => `${name}:${headers[name]}`), '', names.join(';'), EMPTY].join('\n');
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = [date.slice(0, 8), region, 's3', 'aws4_request'].reduce<string | Buffer>((last, part) => createHmac('sha256', last).update(part).digest(), `AWS4${SecretAccessKey}`);
  const signature = createHmac('sha256', key).update(text).digest('hex');
  return { ...headers, authorization: `AWS4-HMAC-SHA256 Credential=${AccessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}` };
}

/** `files`: name → `bucket/key`. */
export async function fetchBundle(files: Readonly<Record<string, string>>, folder: string, region: string, credentials: () => Promise<Credentials>, endpoint = `https://s3.${region}.amazonaws.com`): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, place] of Object.entries(files)) {
    const url = new URL(`${endpoint}/${place}`);
    const { host: _host, ...headers } = signedHeaders(url, region, await credentials(), new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, ''));
    const response = await fetch(url, { headers });
    if (!response.ok || response.body === null) throw new Error(`${place}: ${response.status} ${(await response.text()).slice(0, 500)}`);
    await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(path.join(folder, name)));
  }
}

async function fromContainer(): Promise<Credentials> {
  const response = await fetch(`http://169.254.170.2${process.env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] ?? ''}`);
  return await response.json() as Credentials;
}

/** The whole life of a task: BUNDLE says where the files are, REQUEST which of the requests it is for. */
export async function runTask(environment: NodeJS.ProcessEnv): Promise<void> {
  const folder = '/tmp/bundle';
  await fetchBundle(JSON.parse(environment['BUNDLE'] ?? '{}') as Record<string, string>, folder, environment['AWS_REGION'] ?? '', fromContainer);
  const { handler } = await import(pathToFileURL(path.join(folder, 'index.mjs')).href) as { handler: (event: { request: string }) => Promise<unknown> };
  process.stdout.write(`${JSON.stringify(await handler({ request: environment['REQUEST'] ?? '' }))}\n`);
}
