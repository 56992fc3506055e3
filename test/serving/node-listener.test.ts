// The API behind Node's own server: bodies in pieces, bodies that are too large, callers that go away.
import { createServer, request as httpRequest, type Server, type ServerOptions } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createApi, DEFAULT_LIMITS, nodeListener, refuseWhatIsNoRequest, type ServingContext } from '../../lib/serving/index.ts';
import { testApp } from './support.ts';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

/** Of those who send slowly; all others have the time that a busy machine needs. */
const IMPATIENT: ServerOptions = { headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 50 };

async function serve(change: Partial<ServingContext> = {}, patience: ServerOptions = {}) {
  const app = testApp(change);
  const errors: unknown[] = [];
  server = createServer({ requireHostHeader: false, ...patience }, nodeListener(createApi(app.context, { onError: (error) => void errors.push(error) })));
  refuseWhatIsNoRequest(server);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { errors, predicted: app.predicted, port, url: `http://127.0.0.1:${port}`, key: app.addKey('web', { scopes: ['predict'] }) };
}

const row = { visitor_id: 'v1', item_id: 'i1' };

describe('over HTTP', () => {
  it('answers, with the length and an id, as often as a connection asks', async () => {
    const { url, key } = await serve();
    const answers = await Promise.all(Array.from({ length: 50 }, async (_, at) => {
      const response = await fetch(`${url}/v1/predict/conversion`, { method: 'POST', headers: { 'x-api-key': key, 'content-type': 'application/json; charset=utf-8', 'x-request-id': `r${at}` }, body: JSON.stringify({ rows: [row] }) });
      const text = await response.text();
      expect([response.status, response.headers.get('x-request-id'), response.headers.get('content-length'), response.headers.get('content-type')]).toEqual([200, `r${at}`, String(Buffer.byteLength(text)), 'application/json']);
      return JSON.parse(text) as { predictions: { prediction_id: string }[] };
    }));
    expect(new Set(answers.map(({ predictions }) => predictions[0]!.prediction_id)).size).toBe(50);
  });

  it('says what is wrong, and of an unknown path that there is none', async () => {
    const { url, key } = await serve();
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    expect((await fetch(`${url}/v1/nothing?x=1`)).status).toBe(404);
    const wrong = await fetch(`${url}/v1/predict/conversion`, { headers: { 'x-api-key': key } });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    const head = await fetch(`${url}/ping`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await fetch(`${url}/%70ing`)).status).toBe(200);
  });

  it('puts a body together from its pieces, wherever a letter was cut', async () => {
    const { port, key, predicted } = await serve();
    const body = Buffer.from(JSON.stringify({ rows: [{ ...row, visitor_id: 'vé€😀' }] }));
    const status = await new Promise((resolve) => {
      const asked = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/v1/predict/conversion', headers: { 'x-api-key': key } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      void (async () => {
        for (const byte of body) {
          asked.write(Buffer.of(byte));
          await new Promise((next) => setImmediate(next));
        }
        asked.end();
      })();
    });
    expect(status).toBe(200);
    expect(JSON.parse(predicted[0]!.entity)).toMatchObject({ visitor_id: 'vé€😀' });
  });

  it('waits for the rest of a small body whose length is known, and answers no half of one', async () => {
    const { port, key, predicted } = await serve();
    const body = Buffer.from(JSON.stringify({ rows: [{ ...row, visitor_id: 'vé€😀' }] }));
    const head = `POST /v1/predict/conversion HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    const gone = connect(port, '127.0.0.1');
    gone.write(head);
    gone.write(body.subarray(0, 10));
    await new Promise((next) => setTimeout(next, 20));
    gone.destroy();
    const socket = connect(port, '127.0.0.1');
    socket.write(head);
    const answer = new Promise<string>((resolve) => socket.on('data', (part) => resolve(String(part))));
    for (const byte of body) {
      socket.write(Buffer.of(byte));
      await new Promise((next) => setImmediate(next));
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 200 OK/);
    socket.destroy();
    expect(predicted.map(({ entity }) => JSON.parse(entity))).toMatchObject([{ visitor_id: 'vé€😀' }]);
  });

  it.each([['that says so', true], ['that does not', false]])('refuses a body too large %s, and does not read it to the end', async (_, isSaid) => {
    const { port, key } = await serve({ limits: { ...DEFAULT_LIMITS, bodyBytes: 1_000 } });
    const socket = connect(port, '127.0.0.1');
    const answer = new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (part) => (text += String(part)));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
    });
    socket.write(`POST /v1/predict/conversion HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\n${isSaid ? 'content-length: 100000000' : 'transfer-encoding: chunked'}\r\n\r\n`);
    const chunk = isSaid ? 'x'.repeat(10_000) : `2710\r\n${'x'.repeat(10_000)}\r\n`;
    const sending = setInterval(() => socket.writable && socket.write(chunk), 5);
    expect(await answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close/i);
    clearInterval(sending);
  });

  it('does not mind a caller that goes away in the middle', async () => {
    const { port, key, errors, url } = await serve();
    const socket = connect(port, '127.0.0.1');
    socket.write(`POST /v1/predict/conversion HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\ncontent-length: 100\r\n\r\n{"rows"`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await fetch(`${url}/ping`)).status).toBe(200);
    expect(errors).toEqual([]);
  });
});

/** Sends bytes as they are, one part after the other, and gives what comes back until the server ends it. */
async function talk(port: number, parts: readonly (string | Buffer)[], gap = 0): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (part) => (text += String(part)));
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  for (const part of parts) {
    if (!socket.writable) break;
    socket.write(part);
    if (gap > 0) await new Promise((resolve) => setTimeout(resolve, gap));
  }
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 20_000).unref())]);
  socket.destroy();
  return text;
}

const BODY = JSON.stringify({ rows: [row] });
const post = (key: string, headers: string, length: number | null = BODY.length) =>
  `POST /v1/predict/conversion HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\ncontent-type: application/json\r\n${length === null ? '' : `content-length: ${length}\r\n`}${headers}\r\n`;
const chunked = (size: string) => `transfer-encoding: chunked\r\nconnection: close\r\n\r\n${size}\r\n${BODY}\r\n0\r\n`;

describe('what is no request', () => {
  it.each<[what: string, status: number, parts: (key: string) => (string | Buffer)[], gap?: number]>([
    ['what nobody understands', 400, () => ['hello\r\n\r\n']],
    ['the beginning of TLS', 400, () => [Buffer.from('16030100c5010000c10303', 'hex')]],
    ['another version', 400, () => ['GET /ping HTTP/3.7\r\n\r\n']],
    ['no host', 400, () => ['GET /ping HTTP/1.1\r\nconnection: close\r\n\r\n']],
    ['headers without end', 431, () => [`GET /ping HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`]],
    ['a URL without end', 431, () => [`GET /${'a'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`]],
    ['a body longer than said', 400, (key) => [post(key, '', 10) + BODY]],
    ['a negative length', 400, (key) => [post(key, '', -1) + BODY]],
    ['two lengths', 400, (key) => [post(key, 'content-length: 3\r\n') + BODY]],
    ['a length and chunks', 400, (key) => [post(key, 'transfer-encoding: chunked\r\n') + BODY]],
    ['a chunk of no size', 400, (key) => [post(key, chunked('zz'), null)]],
    ['an extension of a chunk without end', 413, (key) => [post(key, chunked(`${BODY.length.toString(16)};${'a'.repeat(20_000)}`), null)]],
    ['an expectation that nobody meets', 417, (key) => [post(key, 'expect: miracles\r\n') + BODY]],
    ['a proxy\'s work', 405, () => ['CONNECT example.org:443 HTTP/1.1\r\nhost: x\r\n\r\n']],
    ['headers that come too slowly', 408, () => ['GET /ping HTTP/1.1\r\n', ...Array.from({ length: 10 }, (_, at) => `x${at}: y\r\n`)], 100],
    ['a body that comes too slowly', 408, (key) => [post(key, '', 100), ...BODY], 100],
    ['a body shorter than said', 408, (key) => [post(key, '', 1_000) + BODY]],
  ])('%s is a problem too: %i', async (_, status, parts, gap) => {
    const { port, key, errors, url } = await serve({}, status === 408 ? IMPATIENT : {});
    const answer = await talk(port, parts(key), gap);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toMatch(/content-type: application\/problem\+json/);
    expect(JSON.parse(body)).toMatchObject({ status, type: expect.stringMatching(/^urn:/) as string, title: expect.any(String) as string, detail: expect.any(String) as string });
    expect((await fetch(`${url}/ping`)).status).toBe(200);
    expect(errors).toEqual([]);
  });
});

describe('what HTTP allows', () => {
  it.each<[string, (key: string) => (string | Buffer)[]]>([
    ['requests one after the other before the first is answered', (key) => [post(key, '') + BODY, post(key, 'connection: close\r\n') + BODY]],
    ['a body in chunks', (key) => [post(key, chunked(BODY.length.toString(16)), null)]],
    ['a client that asks whether it may go on', (key) => [post(key, 'expect: 100-continue\r\nconnection: close\r\n'), BODY]],
    ['the whole URL, as proxies send it', (key) => [post(key, 'connection: close\r\n').replace('/v1', 'http://x:80/v1') + BODY]],
    ['a mark of the order of bytes', (key) => [Buffer.concat([Buffer.from(post(key, 'connection: close\r\n', BODY.length + 3)), Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(BODY)])]],
  ])('is answered: %s', async (_, parts) => {
    const { port, key } = await serve();
    expect(await talk(port, parts(key), 20)).toMatch(/HTTP\/1\.1 200 OK[^]*"fallback":false/);
  });

  it('but no letters that are none, and no encoding that is not undone', async () => {
    const { port, key, predicted } = await serve();
    const bytes = Buffer.from(BODY.replace('v1', 'v_'), 'latin1');
    bytes[bytes.indexOf('_')] = 0xff;
    expect(await talk(port, [Buffer.concat([Buffer.from(post(key, 'connection: close\r\n')), bytes])])).toMatch(/ 400 [^]*is not UTF-8/);
    expect(await talk(port, [post(key, 'content-encoding: gzip\r\nconnection: close\r\n') + BODY])).toMatch(/ 415 [^]*accept-encoding: identity[^]*not encoded as gzip/i);
    expect(await talk(port, [post(key, 'connection: close\r\n').replace('json', 'json; charset=ISO-8859-1') + BODY])).toMatch(/ 415 [^]*a body is UTF-8, not iso-8859-1/);
    expect(predicted).toEqual([]);
  });

  it('tells which methods there are, HEAD among them', async () => {
    const { url } = await serve();
    const options = await fetch(`${url}/v1/models`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});
