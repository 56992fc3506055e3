// Signed requests: the signature that the SDK would make, and what happens where a service fails.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { awsRequests, environmentCredentials, escaped, signedHeaders, textOf, type AwsService } from '../../../lib/base/aws/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', sessionToken: 'a-session' };
const NOW = Date.parse('2026-11-21T12:00:00Z');

interface Signer { sign(request: object, options: object): Promise<{ headers: Record<string, string> }> }

/** As an SDK client signs it. */
async function bySdk(service: string, method: string, url: URL, headers: Record<string, string>, body: string): Promise<string | undefined> {
  const client = new (service === 's3' ? S3Client : KinesisClient)({ region: 'eu-central-1', credentials: CREDENTIALS });
  const signer = await (client.config as unknown as { signer(scheme: object): Promise<Signer> }).signer({ name: 'sigv4', signingName: service, signingRegion: 'eu-central-1', properties: {} });
  const request = { method, protocol: 'https:', hostname: url.host, path: url.pathname, query: Object.fromEntries(url.searchParams), headers: { ...headers, host: url.host }, body };
  return (await signer.sign(request, { signingDate: new Date(NOW) })).headers['authorization'];
}

describe('a signed request', () => {
  it.each([
    ['s3', 'PUT', `https://s3.eu-central-1.amazonaws.com/bucket/${escaped("a folder/ü'(1)*")}`, { 'if-none-match': '*' }, 'bytes'],
    ['s3', 'GET', `https://s3.eu-central-1.amazonaws.com/bucket?list-type=2&prefix=${escaped('registry/conversion/')}&delimiter=${escaped('/')}`, {}, ''],
    ['kinesis', 'POST', 'https://kinesis.eu-central-1.amazonaws.com/', { 'x-amz-target': 'Kinesis_20131202.PutRecords', 'content-type': 'application/x-amz-json-1.1' }, '{"Records":[]}'],
    ['apigateway', 'GET', 'https://apigateway.eu-central-1.amazonaws.com/apikeys?nameQuery=millrace-dev-web&limit=500', { accept: 'application/json' }, ''],
  ])('of %s (%s) has the signature that the SDK would make', async (service, method, address, headers, body) => {
    const url = new URL(address);
    const { authorization, 'x-amz-date': date } = signedHeaders({ method, url, headers, body }, { service, region: 'eu-central-1', credentials: CREDENTIALS, now: NOW });
    expect(date).toBe('20261121T120000Z');
    expect(authorization).toBe(await bySdk(service, method, url, headers, body));
  });
});

async function serving(listener: RequestListener, change: Partial<AwsService> = {}): Promise<ReturnType<typeof awsRequests>> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => { server.closeAllConnections(); server.close(); });
  return awsRequests({
    service: 's3', region: 'eu-central-1', credentials: () => CREDENTIALS, clock: new VirtualClock(), endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...change,
  });
}

describe('a service by signed requests', () => {
  it('is sent what was asked, and its answer given, whatever it is below 500', async () => {
    const seen: string[] = [];
    const send = await serving((request, response) => {
      seen.push(`${String(request.method)} ${String(request.url)} ${String(request.headers['if-none-match'])}`);
      response.writeHead(412, { etag: 'e' }).end('no');
    });
    const answer = await send({ method: 'PUT', path: ['bucket', 'a folder/x'], query: { one: '1 2' }, headers: { 'if-none-match': '*' }, body: 'bytes' });
    expect([answer.status, textOf(answer), answer.headers.get('etag'), answer.tries]).toEqual([412, 'no', 'e', 1]);
    expect(seen).toEqual(['PUT /bucket/a%20folder/x?one=1%202 *']);
  });

  it('that fails is asked again, a few times', async () => {
    let calls = 0;
    const send = await serving((_, response) => response.writeHead((calls += 1) < 3 ? 503 : 200).end('well'));
    expect((await send({ method: 'GET', path: ['b'] })).tries).toBe(3);
    calls = -10;
    await expect(send({ method: 'GET', path: ['b'] })).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('503 well') as string });
    expect(calls).toBe(-7);
  });

  it('that never answers is given up', async () => {
    const send = await serving(() => undefined, { timeoutMilliseconds: 50, tries: 2 });
    await expect(send({ method: 'GET' })).rejects.toMatchObject({ code: 'io' });
  });

  it('needs credentials', () => {
    expect(() => environmentCredentials({})).toThrow('no AWS credentials');
    expect(environmentCredentials({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: '' })).toEqual({ accessKeyId: 'a', secretAccessKey: 'b' });
  });
});
