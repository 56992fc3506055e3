// What becomes of a canary, whoever watches it: the process of a home, or the functions of an account.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalFiles } from '../../../lib/lake/index.ts';
import { DEFAULT_CANARY_LIMITS, ModelRegistry, modelStoreOn, type Canary, type CanaryEnd, type CanaryView } from '../../../lib/learning/index.ts';
import { trafficOf, type CanaryTraffic } from '../../../lib/serving/index.ts';
import { CARD, STUMP } from './stump.ts';

export interface Watching {
  registry: ModelRegistry;
  /** For files. */
  folder: string;
  clock: { now(): number };
  outcomes: () => Promise<CanaryView['outcomes']>;
  canLoad: () => boolean;
  /** Told when a canary ends. */
  onEnd: (predictor: string, end: CanaryEnd) => void;
}

/** Of the predictor `rain`. */
export interface Watched {
  traffic(): CanaryTraffic | undefined;
  /** What was counted is looked at; the traffic follows what was decided. */
  look(): Promise<void>;
}

const canary: Canary = { version: '2', share: 0.3, automatic: true, leastAnswers: 100, leastSeconds: 60, outcomeSeconds: 60, limits: DEFAULT_CANARY_LIMITS, startedAt: 1_000 };
const units = Array.from({ length: 300 }, (_, unit) => `v${unit}`);

/** `open` is called again for a restart: what was counted before is there still. */
export function describeWatchedCanary(name: string, open: (options: Watching) => Promise<Watched> | Watched): void {
  describe(`a canary watched by ${name}`, () => {
    let options: Watching;
    let registry: ModelRegistry;
    let watched: Watched;
    let ends: (CanaryEnd & { predictor: string })[];
    let now: number;
    beforeEach(async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'millrace-watched-'));
      registry = new ModelRegistry(modelStoreOn(new LocalFiles(), path.join(folder, 'models')));
      for (let version = 0; version < 2; version++) await registry.register(CARD, STUMP);
      await registry.setAlias('rain', 'champion', '1', 0);
      [ends, now] = [[], 2_000];
      options = { registry, folder, clock: { now: () => now }, outcomes: async () => undefined, canLoad: () => true, onEnd: (predictor, end) => void ends.push({ predictor, ...end }) };
    });
    afterEach(() => rmSync(options.folder, { recursive: true, force: true }));

    const begin = async (change: Partial<Canary> = {}, watching: Partial<Watching> = {}): Promise<void> => {
      await registry.startCanary('rain', { ...canary, ...change });
      options = { ...options, ...watching };
      watched = await open(options);
      await watched.look();
    };
    /** So many answers of each side, of which the challenger's are as they are said to be. */
    const answer = (answers: number, { errors = 0, fallbacks = 0, milliseconds = 1 } = {}): void => {
      const traffic = watched.traffic()!;
      for (let index = 0; index < answers; index++) {
        traffic.answered('champion', 1, 0, 1);
        if (index < errors) traffic.failed(1);
        else traffic.answered('challenger', 1, index < errors + fallbacks ? 1 : 0, milliseconds);
      }
    };

    it('answers its share, and the same units whoever asks', async () => {
      expect((await open(options)).traffic()).toBeUndefined();
      await begin();
      const taken = units.filter((unit) => watched.traffic()!.takes(unit));
      expect(taken.length / units.length).toBeGreaterThan(0.2);
      expect(taken.length / units.length).toBeLessThan(0.4);
      const elsewhere = trafficOf('rain', canary);
      expect(units.filter((unit) => elsewhere.takes(unit))).toEqual(taken);
    });

    it('takes over once it has answered enough for long enough, and people are told once', async () => {
      await begin();
      answer(99);
      now = 100_000;
      await watched.look();
      expect((await registry.state('rain')).canary?.version).toBe('2');
      answer(1);
      await watched.look();
      expect([await registry.aliases('rain'), ends]).toEqual([{ champion: '2' }, [{ predictor: 'rain', version: '2', outcome: 'completed', reasons: [] }]]);
      expect(watched.traffic()).toBeUndefined();
      await watched.look();
      expect(ends).toHaveLength(1);
    });

    it('waits for its time, and for ever where somebody wants to decide', async () => {
      await begin({ automatic: false });
      answer(500);
      now = 60_000;
      await watched.look();
      now = 1e9;
      await watched.look();
      expect([(await registry.state('rain')).canary?.version, ends]).toEqual(['2', []]);
    });

    it.each([
      ['fails', { errors: 5 }, /share of errors is 0\.1/], ['falls back', { fallbacks: 20 }, /share of fall-backs is 0\.4/], ['is slow', { milliseconds: 9 }, /mean milliseconds a request is 9/],
    ])('goes back where it %s, with the reason', async (_, challenger, reason) => {
      await begin();
      answer(50, challenger);
      await watched.look();
      expect(ends).toEqual([{ predictor: 'rain', version: '2', outcome: 'rolled_back', reasons: [expect.stringMatching(reason) as string] }]);
      expect(await registry.state('rain')).toMatchObject({ aliases: { champion: '1' }, change: { what: 'canary_rolled_back', reasons: [expect.stringMatching(reason) as string] } });
      expect(watched.traffic()).toBeUndefined();
    });

    it('goes back where it turns out to be wrong', async () => {
      const side = { answers: 500, logLoss: 0.3, calibration: 0.01 };
      await begin({}, { outcomes: async () => ({ champion: side, challenger: { ...side, logLoss: 0.5 } }) });
      await watched.look();
      expect(ends).toMatchObject([{ outcome: 'rolled_back', reasons: [expect.stringContaining('log loss is 0.5') as string] }]);
    });

    it('does not take over while nobody can say how right it is, and still goes back', async () => {
      await begin({}, { outcomes: () => Promise.reject(new Error('the engine is away')) }).catch((thrown: unknown) => expect(String(thrown)).toContain('the engine is away'));
      answer(200);
      now = 100_000;
      await watched.look().catch((thrown: unknown) => expect(String(thrown)).toContain('the engine is away'));
      expect(ends).toEqual([]);
      answer(50, { errors: 50 });
      await watched.look();
      expect(ends).toMatchObject([{ outcome: 'rolled_back' }]);
    });

    it('goes back where its model cannot be loaded', async () => {
      await begin({}, { canLoad: () => false });
      await watched.look();
      expect(ends).toEqual([{ predictor: 'rain', version: '2', outcome: 'rolled_back', reasons: ['the model cannot be loaded'] }]);
    });

    it('counts on after a restart', async () => {
      await begin();
      answer(60);
      await watched.look();
      watched = await open(options);
      await watched.look();
      answer(40);
      now = 100_000;
      await watched.look();
      expect(ends).toMatchObject([{ outcome: 'completed' }]);
    });

    it('begins at nothing where there was another one before', async () => {
      await begin();
      answer(500);
      await watched.look();
      await registry.rollback('rain', now);
      await watched.look();
      await registry.startCanary('rain', { ...canary, startedAt: 3_000 });
      now = 100_000;
      await watched.look();
      await watched.look();
      expect([(await registry.state('rain')).canary?.startedAt, ends]).toEqual([3_000, []]);
    });
  });
}
