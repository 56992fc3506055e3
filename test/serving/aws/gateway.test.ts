// The app behind API Gateway: the same answers as over HTTP, and nobody in but who was admitted.
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { createApp, hashOf, newKey, storedKeys, type ApiKey } from '../../../lib/serving/index.ts';
import { AdmittedKeys, authorize, publishExperiments, readExperiments, requestOf, resultOf } from '../../../lib/serving/aws/index.ts';
import { memoryStore, testApp } from '../support.ts';

const ARN = 'arn:aws:execute-api:eu-central-1:123456789012:abc123/dev/POST/v1/predict/conversion';

function eventOf(method: string, path: string, { body = null, headers = {}, query = {}, authorizer }: { body?: string | null; headers?: Record<string, string>; query?: Record<string, string[]>; authorizer?: unknown } = {}): APIGatewayProxyEvent {
  return {
    httpMethod: method, path, body, isBase64Encoded: false, headers, multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    multiValueQueryStringParameters: Object.keys(query).length === 0 ? null : query, requestContext: { requestId: 'gateway-request', authorizer },
  } as unknown as APIGatewayProxyEvent;
}

const ROWS = JSON.stringify({ rows: [{ visitor_id: 'v1', item_id: 'i1', discount: 0.1 }] });

describe('the app behind API Gateway', () => {
  const app = testApp();
  const keys = new AdmittedKeys();
  const behind = createApp({ ...app.context, keys }, { onError: () => undefined });
  const answer = (event: APIGatewayProxyEvent) => keys.during(event, async () => resultOf(await behind.fetch(requestOf(event))));
  const { key, kept } = newKey('web', { scopes: ['predict:conversion'] });
  const authorizer = { keyId: 'web', hash: kept.hash, scopes: 'predict:conversion price' };

  it('answers as over HTTP', async () => {
    const here = await app.send('POST', '/v1/predict/conversion', ROWS) as { body: { predictions: { score: number }[] } };
    const result = await answer(eventOf('POST', '/v1/predict/conversion', { body: ROWS, headers: { 'X-Api-Key': key, 'Content-Type': 'application/json' }, authorizer }));
    expect([result.statusCode, result.headers?.['content-type'], result.headers?.['x-request-id']]).toEqual([200, 'application/json', 'gateway-request']);
    expect((JSON.parse(result.body) as typeof here.body).predictions[0]?.score).toBe(here.body.predictions[0]?.score);
    expect(app.predicted.at(-1)).toMatchObject({ key_id: 'web' });
  });

  it('takes bodies in base64, parameters, and the caller’s own request id', async () => {
    const event = eventOf('POST', '/v1/predict/conversion', { body: Buffer.from(ROWS).toString('base64'), headers: { 'x-api-key': key, 'x-request-id': 'mine', 'content-length': '3' }, authorizer });
    expect(await answer({ ...event, isBase64Encoded: true })).toMatchObject({ statusCode: 200, headers: { 'x-request-id': 'mine' } });
    const url = requestOf(eventOf('GET', '/v1/features/visitor/a b', { query: { at: ['2018-01-01', 'ü'] } })).url;
    expect(url).toBe('https://api.invalid/v1/features/visitor/a%20b?at=2018-01-01&at=%C3%BC');
  });

  it('still checks the scope of each route', async () => {
    const result = await answer(eventOf('POST', '/v1/predict/churn', { body: ROWS, headers: { 'x-api-key': key }, authorizer }));
    expect([result.statusCode, JSON.parse(result.body)]).toMatchObject([403, { detail: expect.stringContaining("no scope 'predict:churn'") as string }]);
  });

  it('lets nobody in whom the authorizer did not name, or who carries another key than it named', async () => {
    const event = eventOf('POST', '/v1/predict/conversion', { body: ROWS, headers: { 'x-api-key': key } });
    expect((await answer(event)).statusCode).toBe(401);
    expect((await answer({ ...event, requestContext: { ...event.requestContext, authorizer: { ...authorizer, hash: hashOf('another') } } } as never)).statusCode).toBe(401);
    await answer(eventOf('POST', '/v1/predict/conversion', { body: ROWS, headers: { 'x-api-key': key }, authorizer }));
    expect((await answer(event)).statusCode).toBe(401);
  });

  it('answers what is open to everyone without a key', async () => {
    expect((await answer(eventOf('GET', '/ping'))).statusCode).toBe(200);
  });
});

describe('the authorizer', () => {
  const store = storedKeys(memoryStore(), 'memory');
  const ask = (headers: Record<string, string>) => authorize(store, { headers, methodArn: ARN } as never);

  it('tells who it is, what it may do, and whose plan counts it; the key itself is nowhere', async () => {
    const { key, kept } = await store.create('web', { scopes: ['predict:conversion', 'price'] });
    const told = await ask({ 'X-Api-Key': key });
    expect(told).toEqual({
      principalId: 'web', usageIdentifierKey: kept.hash, context: { keyId: 'web', hash: kept.hash, scopes: 'predict:conversion price' },
      policyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: 'arn:aws:execute-api:eu-central-1:123456789012:abc123/dev/*' }] },
    });
    expect(JSON.stringify(told)).not.toContain(key);
  });

  it('sends away who has no key, one that is not known, or one that was revoked, with the word that becomes a 401', async () => {
    const { key } = await store.create('shortlived', { scopes: ['price'] });
    await store.revoke('shortlived');
    for (const headers of [{}, { 'x-api-key': '' }, { 'x-api-key': 'mr_guess' }, { 'x-api-key': key }]) await expect(ask(headers as Record<string, string>)).rejects.toThrow(/^Unauthorized$/);
  });
});

describe('keys in a store', () => {
  it('are made once by name, listed without the key, found by hash, and gone when revoked', async () => {
    const store = storedKeys(memoryStore(), 'memory');
    const { key, kept } = await store.create('web', { scopes: ['price'], ratePerSecond: 5 });
    await expect(store.create('web', { scopes: ['price'] })).rejects.toMatchObject({ code: 'conflict' });
    expect(await store.byHash(hashOf(key))).toEqual({ id: 'web', hash: kept.hash, scopes: ['price'], ratePerSecond: 5 });
    expect(JSON.stringify(await store.list())).not.toContain(key);
    expect(await store.revoke('web')).toEqual(kept);
    await expect(store.revoke('web')).rejects.toMatchObject({ code: 'not_found' });
    expect([await store.byHash(hashOf(key)), await store.list()]).toEqual([undefined, []]);
  });

  it('are all there when several people make some at once', async () => {
    const store = storedKeys(memoryStore(), 'memory');
    const made = await Promise.all(['a', 'b', 'c', 'd'].map((id) => store.create(id, { scopes: ['price'] })));
    expect((await store.list()).map(({ id }: ApiKey) => id).sort()).toEqual(['a', 'b', 'c', 'd']);
    for (const { kept } of made) expect(await store.byHash(kept.hash)).toEqual(kept);
  });
});

describe('experiments of an account', () => {
  it('are published whole, in place of those that were there', async () => {
    const store = memoryStore();
    const one = (name: string) => ({ name, state: 'running', subject: 'shipping' }) as never;
    expect(await readExperiments(store)).toEqual([]);
    await publishExperiments(store, [one('a'), one('b')]);
    await publishExperiments(store, [one('b')]);
    expect((await readExperiments(store)).map(({ name }) => name)).toEqual(['b']);
  });
});
