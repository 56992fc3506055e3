// A registry in which something was broken, or whose writers were killed: the rest is there, what is broken is named, and nobody is let answer by it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../lib/base/index.ts';
import { LocalFiles } from '../../../lib/lake/index.ts';
import { DEFAULT_CANARY_LIMITS, ModelRegistry, modelStoreOn, seededRandom } from '../../../lib/learning/index.ts';
import { CARD, STUMP } from './stump.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const { predictor } = CARD;
let root: string;
let registry: ModelRegistry;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'millrace-registry-'));
  registry = new ModelRegistry(modelStoreOn(new LocalFiles(), root));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const inside = (...parts: string[]): string => path.join(root, predictor, ...parts);

it('names a damaged card, lists the others, and goes on counting', async () => {
  for (let version = 1; version <= 3; version += 1) await registry.register(CARD, STUMP);
  truncateSync(inside('2', 'card.json'), 20);
  expect((await registry.versions(predictor)).map(({ version }) => version)).toEqual(['1', '3']);
  expect(await registry.damaged(predictor)).toEqual([{ version: '2', why: expect.stringContaining(`card.json of version 2 of ${predictor} is damaged`) as string }]);
  await expect(registry.card(predictor, '2')).rejects.toMatchObject({ code: 'bad_input', where: inside('2', 'card.json'), todo: expect.stringContaining(`millrace train ${predictor}`) as string });
  expect((await registry.register(CARD, STUMP)).version).toBe('4');
});

it('lets no version answer whose model is damaged or gone, neither everybody nor a share', async () => {
  for (let version = 1; version <= 3; version += 1) await registry.register(CARD, STUMP);
  await registry.setAlias(predictor, 'champion', '1', 1);
  writeFileSync(inside('2', 'model.json'), '{"broken');
  rmSync(inside('3', 'model.json'));
  for (const [version, code] of [['2', 'bad_input'], ['3', 'not_found']] as const) {
    await expect(registry.setAlias(predictor, 'champion', version, 2)).rejects.toMatchObject({ code });
    await expect(registry.startCanary(predictor, { version, share: 0.1, automatic: true, leastAnswers: 1, leastSeconds: 1, outcomeSeconds: 1, limits: DEFAULT_CANARY_LIMITS, startedAt: 2 })).rejects.toMatchObject({ code });
  }
  expect(await registry.aliases(predictor)).toEqual({ champion: '1' });
});

it('is never half, whoever registers and promotes at once and is killed in between', async () => {
  const script = path.join(root, 'writer.ts');
  writeFileSync(script, `
import { LocalFiles } from '${ROOT}/lib/lake/index.ts';
import { ModelRegistry, modelStoreOn } from '${ROOT}/lib/learning/index.ts';
import { CARD, STUMP } from '${ROOT}/test/learning/registry/stump.ts';
const registry = new ModelRegistry(modelStoreOn(new LocalFiles(), process.argv[2]!));
void (async () => {
  process.stdout.write('ready');
  for (let at = 0; ; at++) {
    const { version } = await registry.register(CARD, STUMP);
    await registry.setAlias('${predictor}', 'champion', version, at);
    if (at % 3 === 2) await registry.rollback('${predictor}', at).catch(() => undefined);
  }
})();
`);
  const random = seededRandom(3);
  for (let round = 0; round < 2; round += 1) {
    const before = (await registry.versions(predictor)).length;
    const writers = [0, 1].map(() => spawn(process.execPath, ['--import', 'tsx', script, root], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] }));
    await Promise.all(writers.map((writer) => new Promise((resolve) => {
      writer.stdout.once('data', resolve);
    })));
    // However slow the machine is, some versions are there before the kill.
    while ((await registry.versions(predictor)).length <= before + 5) await systemClock.sleep(20);
    await systemClock.sleep(random.integer(300));
    await Promise.all(writers.map((writer) => new Promise((resolve) => {
      writer.once('exit', resolve);
      writer.kill('SIGKILL');
    })));
    expect(await registry.damaged(predictor)).toEqual([]);
    const versions = await registry.versions(predictor);
    expect(versions.length).toBeGreaterThan(5);
    for (const { version } of versions.slice(-10)) await registry.model(predictor, version);
    const { champion } = await registry.aliases(predictor);
    expect(versions.map(({ version }) => version)).toContain(champion);
    // Every change of the aliases is there, on top of the one before.
    const changes = readdirSync(inside('aliases')).filter((name) => /^\d+\.json$/.test(name)).sort();
    expect(changes.map((name) => Number.parseInt(name, 10))).toEqual(changes.map((_, index) => index + 1));
    for (const name of changes) expect(() => JSON.parse(readFileSync(inside('aliases', name), 'utf8')) as unknown).not.toThrow();
  }
}, 60_000);
