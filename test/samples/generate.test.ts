// A sample from outside: the same bytes again, whole files or none, options that make sense.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSample, PROFILES, type Progress } from '../../samples/index.ts';
import { hashes, makeSample, type Sample } from './support.ts';

const SMALL = { shop: 0.05, olist: 0.01, retailrocket: 0.01 } as const;

describe.each(PROFILES)('the %s profile', (profile) => {
  let first: Sample;
  beforeAll(async () => {
    first = await makeSample({ profile, scale: SMALL[profile], brokenFiles: true });
  });
  afterAll(() => first.dispose());

  it('is the same to the byte for one seed and scale, and another for another seed', async () => {
    const [again, other] = [
      await makeSample({ profile, scale: SMALL[profile], brokenFiles: true }),
      await makeSample({ profile, scale: SMALL[profile], seed: 8 }),
    ];
    expect(hashes(again.out)).toEqual(hashes(first.out));
    expect(hashes(other.out)['events/events.csv']).not.toBe(profile === 'olist' ? '' : hashes(first.out)['events/events.csv']);
    expect(other.truth.sources).not.toEqual(first.truth.sources);
    again.dispose();
    other.dispose();
  });

  it('says of every file what its bytes hash to, and leaves nothing else behind', () => {
    const found = hashes(first.out);
    const files = Object.values(first.truth.sources).flatMap((source) => source.files);
    for (const { file, sha256 } of files) if (!file.endsWith('.gz')) expect(found[file], file).toBe(sha256);
    const expected = [...files.map(({ file }) => file), ...first.truth.broken_files.map(({ file }) => file), 'truth.json'].sort();
    expect(Object.keys(found).sort()).toEqual(expected);
  });

  it('adds up', () => {
    for (const source of Object.values(first.truth.sources)) {
      expect(source.accepted + source.rejected).toBe(source.rows);
      expect(source.kept + source.exact_duplicates + source.superseded).toBe(source.accepted);
      expect(Object.values(source.rejected_by_reason).reduce((a, b) => a + b, 0)).toBe(source.rejected);
    }
  });
});

describe('generating', () => {
  it('gives the bytes that it has always given; whoever changes the generator on purpose updates them', async () => {
    const sample = await makeSample({ profile: 'shop', scale: 0.02 });
    expect(createHash('sha256').update(JSON.stringify(hashes(sample.out))).digest('hex')).toMatchInlineSnapshot(`"2028753a77fa4c47a9900f6e2a08ed1b67104ddffec35e499a786035ac11f0ed"`);
    sample.dispose();
  });

  it('puts truth.json where it is told to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-sample-'));
    const truthFile = join(folder, 'kept', 'truth.json');
    const truth = await generateSample({ profile: 'shop', scale: 0.01, out: join(folder, 'landing'), truthFile });
    expect(JSON.parse(readFileSync(truthFile, 'utf8'))).toEqual(truth);
    expect(existsSync(join(folder, 'landing', 'truth.json'))).toBe(false);
    rmSync(folder, { recursive: true });
  });

  it('names no file that is not whole when it is interrupted', async () => {
    const out = mkdtempSync(join(tmpdir(), 'millrace-sample-'));
    const controller = new AbortController();
    const onProgress = ({ done }: Progress) => done && controller.abort();
    await expect(
      generateSample({ profile: 'shop', scale: 0.05, out, signal: controller.signal, onProgress }),
    ).rejects.toMatchObject({ code: 'interrupted' });
    expect(existsSync(join(out, 'customers/olist_customers_dataset.csv'))).toBe(true);
    expect(existsSync(join(out, 'truth.json'))).toBe(false);
    expect(readdirSync(join(out, 'orders'))).toEqual([]);
    expect(readdirSync(out)).not.toContain('.partial');
    rmSync(out, { recursive: true });
  });

  it.each([
    [{ profile: 'amazon' as 'shop' }, /no profile amazon/],
    [{ profile: 'shop' as const, scale: 0 }, /scale 0/],
    [{ profile: 'shop' as const, seed: 1.5 }, /seed 1.5/],
    [{ profile: 'shop' as const, defectRate: 0.5 }, /rate 0.5/],
  ])('refuses %o', async (options, message) => {
    await expect(generateSample({ ...options, out: '/nowhere' })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message) as string,
    });
  });

  it('says which folder cannot be written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-sample-'));
    const out = join(folder, 'file', 'folder');
    writeFileSync(join(folder, 'file'), 'in the way');
    await expect(generateSample({ profile: 'shop', scale: 0.01, out })).rejects.toMatchObject({ code: 'io', where: out });
    rmSync(folder, { recursive: true });
  });
});
