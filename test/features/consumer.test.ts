// The consumer of an account is stopped and started by the calls that Lambda documents, and waited for until it is.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { awsRequests } from '../../lib/base/aws/index.ts';
import { accountConsumer } from '../../lib/features/aws/index.ts';

/** Mappings that take a while to change, as the service's do; `asked` is what came. */
async function lambda(states: string[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString())).on('end', () => {
      asked.push(`${request.method} ${request.url}${body === '' ? '' : ` ${body}`}`);
      const state = request.method === 'GET' ? (states.length > 1 ? states.shift() : states[0]) : 'Updating';
      const arn = 'arn:aws:kinesis:eu-central-1:123456789012:stream/millrace-dev-events';
      response.end(JSON.stringify(request.method === 'GET' ? { EventSourceMappings: state === undefined ? [] : [{ UUID: 'u-1', State: state, EventSourceArn: arn }] } : { UUID: 'u-1', State: state }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const slept: number[] = [];
  const clock = { now: () => Date.UTC(2026, 0, 5), sleep: async (milliseconds: number) => void slept.push(milliseconds) };
  const requests = awsRequests({ service: 'lambda', region: 'eu-central-1', clock, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, credentials: () => ({ accessKeyId: 'a', secretAccessKey: 'b' }) });
  return { asked, slept, consumer: accountConsumer(requests, 'millrace-dev-features', clock) };
}

test('it is stopped once, and waited for', async () => {
  const { consumer, asked, slept } = await lambda(['Enabled', 'Disabling', 'Disabled']);
  await consumer.pause();
  expect(asked).toEqual([
    'GET /2015-03-31/event-source-mappings/?FunctionName=millrace-dev-features',
    'PUT /2015-03-31/event-source-mappings/u-1 {"Enabled":false}',
    'GET /2015-03-31/event-source-mappings/?FunctionName=millrace-dev-features',
    'GET /2015-03-31/event-source-mappings/?FunctionName=millrace-dev-features',
  ]);
  expect(slept).toHaveLength(1);
});

test('one that is stopped already is left alone', async () => {
  const { consumer, asked } = await lambda(['Disabled']);
  await consumer.pause();
  expect(asked.filter((one) => one.startsWith('PUT'))).toEqual([]);
  expect(await consumer.streams()).toEqual(['millrace-dev-events']);
});

test('a function that reads from nothing is said to', async () => {
  const { consumer } = await lambda([]);
  await expect(consumer.resume()).rejects.toMatchObject({ code: 'not_found', message: 'the function millrace-dev-features reads from no stream' });
});
