// A training set that is larger than its predictor asks for: a seeded part of it, of each visitor all or nothing; and one that is read part by part.
import { afterAll, describe, expect, it } from 'vitest';
import { openRows, readDataset, rowsAbout, sampleOf } from '../../../lib/learning/index.ts';
import { Home } from '../../warehouse/support/home.ts';
import { conversionOf, rowsOf, VISITED, visited } from './visits.ts';

describe('a training set', async () => {
  const home = await Home.open();
  afterAll(() => home.close());
  const engine = visited(home.engine);
  const everything = await conversionOf(undefined);
  const all = await readDataset(engine, everything.predictor, everything.features, VISITED);
  const visitorsOf = (rows: readonly string[]): Set<string> => new Set(rows.map((row) => (JSON.parse(row) as [string])[0]));

  const sampled = async (most: number, seed: number) => {
    const { predictor, features } = await conversionOf({ most, seed });
    const rows = await sampleOf(engine, predictor, { parameters: VISITED });
    return { ...rows, data: rowsOf(await readDataset(engine, predictor, features, VISITED, undefined, {}, rows)) };
  };

  it('of no more rows than are asked for is read as it is', async () => {
    expect(await sampleOf(engine, everything.predictor, { parameters: VISITED })).toBeUndefined();
    const { predictor } = await conversionOf({ most: all.times.length });
    expect(await sampleOf(engine, predictor, { parameters: VISITED })).toEqual({ rows: all.times.length });
  });

  it('of more is read in part: of a visitor every row, as it is in the whole, or none', async () => {
    const { data, sample } = await sampled(1000, 1);
    expect(sample).toEqual({ share: 1000 / all.times.length, of: all.times.length });
    const visitors = visitorsOf(data);
    expect(data).toEqual(rowsOf(all).filter((row) => visitors.has((JSON.parse(row) as [string])[0])));
    // Of 151 visitors three tenths, give or take four standard deviations.
    expect(Math.abs(visitors.size / 151 - sample!.share)).toBeLessThan(4 * Math.sqrt(0.3 * 0.7 / 151));
  });

  it('is the same for the same seed, and another for another; a larger one holds the smaller', async () => {
    const [one, again, other, larger] = await Promise.all([sampled(800, 1), sampled(800, 1), sampled(800, 2), sampled(1600, 1)]);
    expect(again.data).toEqual(one.data);
    expect(other.data).not.toEqual(one.data);
    expect(one.data.filter((row) => !larger.data.includes(row))).toEqual([]);
  });

  it('read part by part has the rows and features that it has at once', async () => {
    const { predictor, features } = everything;
    const heard: number[] = [];
    const parts = await readDataset(engine, predictor, features, VISITED, undefined, {}, { rows: 160_000, onPart: (rows) => void heard.push(rows) });
    expect(rowsOf(parts)).toEqual(rowsOf(all));
    expect(heard).toHaveLength(4);
    expect(heard.at(-1)).toBe(all.times.length);
    expect(Math.min(...heard.map((rows, part) => rows - (heard[part - 1] ?? 0)))).toBeGreaterThan(0);
  });

  it.each([['o\'hara', 'i28'], ['é😀', 'i21'], ['V5', 'i5'], ['', 'i35'], ['v7', 'i9']])('about %j and %j alone has what the whole has of them', async (...entity) => {
    const { predictor, features } = everything;
    const about = rowsOf(await readDataset(engine, predictor, features, VISITED, undefined, {}, { only: rowsAbout(predictor, entity), rows: 1 }));
    expect(about).toEqual(rowsOf(all).filter((row) => JSON.stringify((JSON.parse(row) as unknown[]).slice(0, 2)) === JSON.stringify(entity)));
    expect(about.length).toBeGreaterThan(0);
  });

  it('of those whose answer is open has what the whole has of them', async () => {
    const { predictor, features } = everything;
    const open = rowsOf(await readDataset(engine, predictor, features, VISITED, undefined, {}, { only: openRows(predictor) }));
    expect(open).toEqual(rowsOf(all).filter((row) => (JSON.parse(row) as unknown[])[3] === null));
    expect(open.length).toBeGreaterThan(0);
  });

  it('gives a visitor without a name to one part, too', async () => {
    expect(visitorsOf(rowsOf(all)).has('')).toBe(true);
    expect(visitorsOf(rowsOf(all)).has('é😀')).toBe(true);
  });
});
