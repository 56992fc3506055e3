// Canaries in the registry, and the judgement that sends them back or lets them take over.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalFiles } from '../../../lib/lake/index.ts';
import { DEFAULT_CANARY_LIMITS, judgeCanary, ModelRegistry, modelStoreOn, type Canary, type CanarySide } from '../../../lib/learning/index.ts';
import { CARD, STUMP } from './stump.ts';

const canary: Canary = { version: '2', share: 0.1, automatic: true, leastAnswers: 100, leastSeconds: 60, outcomeSeconds: 60, limits: DEFAULT_CANARY_LIMITS, startedAt: 1_000 };
const side = (change: Partial<CanarySide> = {}): CanarySide => ({ answers: 1_000, errors: 0, fallbacks: 0, requests: 1_000, milliseconds: 1_000, ...change });
const LATER = 100_000;

describe('a canary', () => {
  it.each([
    ['takes over when it has answered enough for long enough', {}, {}, undefined, LATER, 'complete'],
    ['waits for more answers', {}, { answers: 99 }, undefined, LATER, 'wait'],
    ['waits for more time', {}, {}, undefined, 60_000, 'wait'],
    ['is not sent back for one mishap', {}, { answers: 50, errors: 2 }, undefined, LATER, 'wait'],
    ['goes back for errors, whatever the time', {}, { answers: 10, errors: 3 }, undefined, 1_001, 'roll_back'],
    ['goes back for fall-backs that the champion does not have', {}, { fallbacks: 100 }, undefined, LATER, 'roll_back'],
    ['stays where the champion falls back as often', { fallbacks: 100 }, { fallbacks: 100 }, undefined, LATER, 'complete'],
    ['goes back for being slow', {}, { milliseconds: 6_000 }, undefined, LATER, 'roll_back'],
    ['goes back for being wrong where outcomes have come', {}, {}, { champion: { answers: 200, logLoss: 0.3, calibration: 0.01 }, challenger: { answers: 200, logLoss: 0.5, calibration: 0.01 } }, LATER, 'roll_back'],
    ['is not judged by a few outcomes', {}, {}, { champion: { answers: 200, logLoss: 0.3, calibration: 0.01 }, challenger: { answers: 20, logLoss: 0.5, calibration: 0.01 } }, LATER, 'complete'],
  ] as const)('%s', (_, champion, challenger, outcomes, now, verdict) => {
    const judged = judgeCanary(canary, { champion: side(champion), challenger: side(challenger), ...(outcomes === undefined ? {} : { outcomes }) }, now);
    expect(judged.verdict).toBe(verdict);
    expect(judged.reasons.length > 0).toBe(verdict === 'roll_back');
  });

  it('goes back where nobody can load its model, whatever was counted', () => {
    expect(judgeCanary(canary, { champion: side(), challenger: side(), isMissing: true }, 1_001)).toMatchObject({ verdict: 'roll_back', reasons: ['the model cannot be loaded'] });
  });

  it('does not take over while nobody knows how right it is, and may go back', () => {
    expect(judgeCanary(canary, { champion: side(), challenger: side(), areOutcomesUnknown: true }, LATER).verdict).toBe('wait');
    expect(judgeCanary(canary, { champion: side(), challenger: side({ errors: 100 }), areOutcomesUnknown: true }, LATER).verdict).toBe('roll_back');
  });

  it('never takes over by itself where somebody wants to decide', () => {
    expect(judgeCanary({ ...canary, automatic: false }, { champion: side(), challenger: side() }, LATER).verdict).toBe('wait');
  });
});

describe('the registry', () => {
  let folder: string;
  let registry: ModelRegistry;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'millrace-canary-'));
    registry = new ModelRegistry(modelStoreOn(new LocalFiles(), folder));
    for (let version = 0; version < 3; version++) await registry.register(CARD, STUMP);
    await registry.setAlias('rain', 'champion', '1', 0);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('lets one canary at a time answer beside a champion, and keeps why it went back', async () => {
    await registry.startCanary('rain', canary);
    expect(await registry.state('rain')).toMatchObject({ aliases: { champion: '1', challenger: '2' }, canary: { version: '2', share: 0.1 } });
    await expect(registry.startCanary('rain', { ...canary, version: '3' })).rejects.toThrow(/version 2 of rain is a canary already/);
    await expect(registry.setAlias('rain', 'challenger', '3', 1)).rejects.toThrow(/is a canary/);
    expect(await registry.endCanary('rain', 999, { outcome: 'completed' }, 1)).toBe(false);
    expect(await registry.endCanary('rain', canary.startedAt, { outcome: 'rolled_back', reasons: ['it was slow'] }, 2)).toBe(true);
    expect(await registry.state('rain')).toEqual({ aliases: { champion: '1' }, change: { what: 'canary_rolled_back', alias: 'challenger', version: '2', at: 2, reasons: ['it was slow'] } });
    expect((await registry.history('rain')).map(({ change }) => change?.what)).toEqual(['alias', 'canary', 'canary_rolled_back']);
  });

  it('completes it by promoting it, and rolls back to the champion before', async () => {
    await registry.startCanary('rain', canary);
    await registry.setAlias('rain', 'champion', '2', 3);
    expect(await registry.state('rain')).toMatchObject({ aliases: { champion: '2' }, change: { what: 'canary_completed' } });
    expect(await registry.rollback('rain', 4)).toEqual({ from: '2', to: '1' });
  });

  it('rolls a canary back without touching the champion', async () => {
    await registry.startCanary('rain', canary);
    expect(await registry.rollback('rain', 3)).toEqual({ from: '2', to: '1' });
    expect((await registry.state('rain')).aliases).toEqual({ champion: '1' });
  });

  it.each([
    [{ ...canary, version: '1' }, /is the champion/], [{ ...canary, version: '9' }, /no version 9/], [{ ...canary, share: 0 }, /share is above 0/],
  ])('refuses one that cannot be: %j', async (wrong, message) => expect(registry.startCanary('rain', wrong)).rejects.toThrow(message));

  it('refuses one where nobody answers yet', async () => {
    await registry.register({ ...CARD, predictor: 'snow' }, STUMP);
    await expect(registry.startCanary('snow', { ...canary, version: '1' })).rejects.toThrow(/no champion of snow beside/);
  });

  it('loses no change of two at once', async () => {
    await Promise.all([registry.setAlias('rain', 'champion', '2', 1), registry.setAlias('rain', 'challenger', '3', 1)]);
    expect(await registry.aliases('rain')).toEqual({ champion: '2', challenger: '3' });
  });
});
