// Verbs that work with an account: what they say before anything is asked of it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runProgram, VERBS, type Terminal } from '../../lib/cli/index.ts';
import { openHome } from '../../lib/local/index.ts';

const project = path.resolve(import.meta.dirname, '../..');
let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'millrace-stage-'));
  await openHome(home, { create: true });
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function millrace(...argv: string[]) {
  let out = '';
  let err = '';
  const terminal: Terminal = { out: (text) => void (out += text), err: (text) => void (err += text), interactive: false, colours: false, columns: 120 };
  const code = await runProgram([...argv, '--home', home], VERBS, { project, version: '9.9.9', terminal, environment: {}, signal: new AbortController().signal });
  return { code, out, err };
}

it.each([
  ['keys', 'list'], ['keys', 'revoke', 'web'], ['keys', 'create', 'web', '--scopes', 'price'], ['models'], ['promote', 'conversion', '1'], ['promote', 'conversion', '1', '--canary', '10%'], ['rollback', 'conversion'], ['experiment', 'publish'], ['prices', 'list'],
  ['explain', '01a1fe58-caf0-7d77-b06c-d1204dad934b'], ['reproduce', '01a1fe58-caf0-7d77-b06c-d1204dad934b'],
])('a stage that there is not is told by name: %s %s', async (...verb) => {
  const { code, err } = await millrace(...verb, '--stage', 'nowhere');
  expect([code, err]).toEqual([2, expect.stringMatching(/there is no stage 'nowhere'[\s\S]*dev, prod/) as string]);
});

it('limits of a key are the usage plan’s in an account', async () => {
  expect(await millrace('keys', 'create', 'web', '--scopes', 'price', '--rate', '5', '--stage', 'dev')).toMatchObject({ code: 2, err: expect.stringContaining('serving.plans') as string });
});

it('experiments are published to a stage that is named', async () => {
  expect(await millrace('experiment', 'publish')).toMatchObject({ code: 2, err: expect.stringContaining('--stage prod') as string });
});
