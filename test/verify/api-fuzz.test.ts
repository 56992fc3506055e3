// The API called by its own OpenAPI document: whatever schemathesis makes up, right or wrong, is answered as the document says, and never by a 5xx.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  'missing_required_header', 'unsupported_method', 'allow_header_conformance', 'ignored_auth',
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

describe.each(['positive', 'negative'] as const)('%s data', (mode) => {
  it('is answered as the document says', () => {
    const { code, out } = fuzz(mode, served.key);
    expect(out).toMatch(/Tested: 1\d/);
    expect(code, out.slice(-6000)).toBe(0);
    expect(served.err()).toBe('');
  });
});

it('a key without any of the scopes gets refusals that the document shows, whatever it sends', async () => {
  const narrow = (JSON.parse(await succeed(sample.root, 'keys', 'create', 'narrow', '--scopes', 'predict:nothing', '--json')) as { key: string }).key;
  const { code, out } = fuzz('all', narrow, CHECKS.filter((check) => check !== 'negative_data_rejection'));
  expect(code, out.slice(-6000)).toBe(0);
  expect(served.err()).toBe('');
});

it('answers on, and the process is the same', async () => {
  expect(await served.get('/v1/models')).toMatchObject({ status: 200, body: { models: [{ predictor: 'conversion' }] } });
  expect(served.child.exitCode).toBeNull();
});
