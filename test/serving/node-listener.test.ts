// The API behind Node's own server: bodies in pieces, bodies that are too large, callers that go away.
import { createServer, request as httpRequest, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createApi, DEFAULT_LIMITS, nodeListener, type ServingContext } from '../../lib/serving/index.ts';
import { testApp } from './support.ts';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

async function serve(change: Partial<ServingContext> = {}) {
  const app = testApp(change);
  const errors: unknown[] = [];
  server = createServer(nodeListener(createApi(app.context, { onError: (error) => void errors.push(error) })));
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
