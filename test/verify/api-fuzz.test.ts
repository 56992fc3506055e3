// The API called by its own OpenAPI document: whatever schemathesis makes up, right or wrong, is answered as the document says, and never by a 5xx.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/learning/index.ts';
import { schemathesis } from './support/engines.ts';
import { serve, succeed, trainedHome, type SampleHome, type Served } from './support/served-home.ts';

const SECONDS = Number(process.env['MILLRACE_FUZZ_SECONDS'] ?? 45);
const SEED = Number(process.env['MILLRACE_FUZZ_SEED'] ?? 7);
/**
 * What is asked of every answer. Not `positive_data_acceptance`: a body may fit its schema and still name a predictor or a column that there is not,
 * which is a 400 or 404 that says so.
 */
const CHECKS = [
  'not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance', 'response_schema_conformance', 'negative_data_rejection',
  'missing_required_header', 'unsupported_method', 'allow_header_conformance', 'ignored_auth', 'use_after_free', 'ensure_resource_availability',
];

let sample: SampleHome;
let served: Served;
const folder = mkdtempSync(join(tmpdir(), 'millrace-fuzz-'));
beforeAll(async () => {
  sample = await trainedHome();
  served = await serve(sample.root);
});
afterAll(async () => {
  await served.stop();
  await sample.remove();
  rmSync(folder, { recursive: true, force: true });
});

function fuzz(mode: 'positive' | 'negative' | 'all', key: string, checks = CHECKS): { code: number | null; out: string } {
  const { status, stdout, stderr } = spawnSync(schemathesis(), [
    'run', `${served.url}/openapi.json`, '-H', `x-api-key: ${key}`, '--checks', checks.join(','), '--mode', mode, '--max-examples', '200', '--max-time', String(SECONDS), '--seed', String(SEED),
    '--continue-on-failure', '--no-shrink', '--suppress-health-check', 'all', '--warnings', 'off',
  ], { encoding: 'utf8', cwd: folder, maxBuffer: 1 << 26 });
  return { code: status, out: `${stdout}${stderr}` };
}

describe.each(['positive', 'negative', 'all'] as const)('%s data', (mode) => {
  it('is answered as the document says', () => {
    const { code, out } = fuzz(mode, served.key);
    expect(out).toMatch(/Tested: 1\d/);
    // From an answer to where it is found again, by the links of the document.
    if (mode !== 'negative') expect(out).toMatch(/API Links: +[1-9]/);
    expect(code, out.slice(-6000)).toBe(0);
    expect(served.err()).toBe('');
  });
});

it('a key without any of the scopes gets refusals that the document shows, whatever it sends', async () => {
  const narrow = (JSON.parse(await succeed(sample.root, 'keys', 'create', 'narrow', '--scopes', 'predict:anomalies', '--json')) as { key: string }).key;
  const { code, out } = fuzz('all', narrow, CHECKS.filter((check) => check !== 'negative_data_rejection'));
  expect(code, out.slice(-6000)).toBe(0);
  expect(served.err()).toBe('');
});

/** Requests that are right, as they go over the wire. */
const RIGHT: readonly (readonly [path: string, type: string, body: string])[] = [
  ['/v1/predict/conversion', 'application/json', '{"rows":[{"visitorid":"257597","itemid":"355908","visitor.views_7d":3}],"unit":"u","attributes":{"device":"app"},"explain":true}'],
  ['/v1/price', 'application/json', '{"skus":["00b062c62dad9b6ca532218598ecb1b0"],"unit":"u"}'],
  ['/v1/shipping/quote', 'application/json', '{"destination_postcode":"20040","parcels":[{"weight_kg":1.2,"length_cm":3}],"order_value":80}'],
  ['/v1/recommendations', 'application/json', '{"visitor_id":"257597","limit":5}'],
  ['/v1/outcomes', 'application/json', '{"outcomes":[{"unit":"v1","outcome":"purchase","value":99.9}]}'],
  ['/invocations', 'text/csv', 'visitorid,itemid\n257597,355908\n'],
  ['/invocations', 'application/json', '{"dataframe_split":{"columns":["visitorid","itemid"],"data":[["257597","355908"]]}}'],
];
const WORDS = ['null', '1e999', '"\\ud800"', '"\\u0000"', '[]', '{}', 'NaN', '""', '1e308', '"a@b.cd"', '[[[[[[', '{"__proto__":{"x":1}}', '9007199254740993', 'true', '10000', `"${'x'.repeat(5_000)}"`, '\u00ff', '\r\n\r\n'];

/** A few places of the bytes made wrong. */
function spoilt(bytes: string, random: () => number): string {
  let text = bytes;
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
    const at = Math.floor(random() * text.length);
    const word = WORDS[Math.floor(random() * WORDS.length)]!;
    const values = [...text.matchAll(/"[^"]*"|-?\d+(\.\d+)?/g)];
    const value = values[Math.floor(random() * values.length)];
    const kind = random();
    if (kind < 0.4 && value !== undefined) text = text.slice(0, value.index) + word + text.slice(value.index + value[0].length);
    else if (kind < 0.6) text = text.slice(0, at) + word + text.slice(at);
    else if (kind < 0.8) text = text.slice(0, at) + text.slice(at + 1 + Math.floor(random() * 5));
    else text = text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at);
  }
  return text;
}

/** What comes back until the server closes; `silence` where it does not within ten seconds. */
function said(bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const { port, hostname } = new URL(served.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    const timer = setTimeout(() => {
      socket.destroy();
      resolve('silence');
    }, 10_000);
    socket.on('data', (part) => (text += String(part))).on('error', () => undefined).on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    socket.write(bytes);
  });
}

it('bytes that are nearly right get an answer or a problem, soon', async () => {
  const { uniform: random } = seededRandom(SEED);
  const until = Date.now() + SECONDS * 1_000;
  const worker = async (): Promise<void> => {
    while (Date.now() < until) {
      const [path, type, right] = RIGHT[Math.floor(random() * RIGHT.length)]!;
      const body = Buffer.from(spoilt(right, random), 'latin1');
      const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: ${served.key}\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n`;
      // A length that says too much is waited for, as it has to be: that line stays.
      const bytes = Buffer.concat([Buffer.from(random() < 0.1 ? head.replace('host: x', spoilt('host: x', random)) : head, 'latin1'), Buffer.from('\r\n'), body]);
      const answer = await said(bytes);
      const [first = '', rest = ''] = [answer.slice(0, answer.indexOf('\r\n\r\n')), answer.slice(answer.indexOf('\r\n\r\n') + 4)];
      const status = Number(/^HTTP\/1\.1 ([24]\d\d)/.exec(first)?.[1]);
      expect(status, `${bytes.toString('latin1')}\n→ ${answer}`).toBeGreaterThan(0);
      // A request that ends before its time is answered, and what follows it once more.
      const told = Buffer.from(rest, 'utf8').toString('utf8', 0, Number(/content-length: (\d+)/i.exec(first)?.[1]));
      if (status !== 200) expect(JSON.parse(told), told).toMatchObject({ status });
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  expect(served.err()).toBe('');
}, (SECONDS + 60) * 1_000);

it('answers on, and the process is the same', async () => {
  expect(await served.get('/v1/models')).toMatchObject({ status: 200, body: { models: [{ predictor: 'conversion' }] } });
  expect(served.child.exitCode).toBeNull();
});
