// Feature files: what is wrong with one is told with its file, its feature and the remedy.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { compileFeatures, count, definitionOf, distinct, featureSource, featureView, featuresAtSql, last, loadFeatures, max, ratio, sum, type Aggregate, type ViewOptions } from '../../lib/features/index.ts';
import { loadContracts } from '../../lib/contracts/index.ts';
import { clickSource, clicks, CONTRACTS, featuresOf, purchaseSource, visitorView } from './support.ts';

const ROOT = join(import.meta.dirname, '../..');
const compile = (features: Record<string, Aggregate>, options: Partial<ViewOptions> = {}) =>
  compileFeatures({ sources: [{ file: 's.ts', source: clickSource }], views: [{ file: 'features/mine.ts', view: definitionOf(featureView('mine', { from: 'clicks', entity: 'visitor_id', time: 'event_time', ...options }, features)) }] }, CONTRACTS);

describe('a feature file', () => {
  const cases: [string, Record<string, Aggregate>, string][] = [
    ['an unknown column in where', { a: count({ where: "colour = 'red'" }) }, 'feature mine.a: where "colour = \'red\'" is wrong: there is no column colour'],
    ['an unknown column that is summed', { a: sum('price') }, 'feature mine.a: sum "price" is wrong: there is no column price'],
    ['a condition that is none', { a: count({ where: 'amount' }) }, 'feature mine.a: where "amount" is wrong: a rule is true or false, and this is a number'],
    ['a sum of texts', { a: sum('event') }, 'feature mine.a: a sum needs a number, and this is a text'],
    ['a greatest of conditions', { a: max("event = 'view'") }, 'feature mine.a: max of true and false means nothing'],
    ['a function that rules do not have', { a: distinct('substr(event, 1)') }, 'the function substr is not part of rules'],
    ['no column', { a: last('') }, 'feature mine.a: last needs a column'],
    ['a window that is none', { a: count({ within: '1w' as never }) }, "feature mine.a: within: '1w' is no span of time"],
    ['a window shorter than a tile', { a: count({ within: '1m' }) }, "feature mine.a: within: '1m' is no span of time"],
    ['a ratio of what is not there', { a: ratio('b', 'c') }, 'feature mine.a: there is no feature b in the view'],
    ['a ratio of texts', { a: ratio('b', 'c'), b: last('event'), c: count() }, 'feature mine.a: b is no number'],
    ['a ratio of itself', { a: ratio('b', 'c'), b: ratio('a', 'c'), c: count() }, 'feature mine.a: it is made from itself: a ← b ← a'],
    ['a name in capitals', { Views: count() }, 'feature mine.Views: the name is not in snake_case'],
    ["an entity's name", { visitor_id: count() }, 'feature mine.visitor_id: the name is taken'],
    ['nothing', {}, 'feature view mine: it has no features'],
  ];
  it.each(cases)('with %s is refused', (_, features, message) => {
    expect(() => compile(features)).toThrowError(expect.objectContaining({ code: 'bad_input', where: 'features/mine.ts', todo: expect.stringMatching(/\w/) as string, message: expect.stringContaining(message) as string }));
  });

  it.each([
    ['source', { from: 'clix' }, 'there is no feature source clix'],
    ['entity', { entity: 'colour' }, 'the entity colour is no column of the source'],
    ['entity that is a number', { entity: 'amount' }, 'the entity amount is no id or text'],
    ['entity twice', { entity: ['visitor_id', 'visitor_id'] }, 'several different ones'],
    ['time', { time: 'item_id' }, 'item_id is not when the event happened'],
    ['spread', { spread: 0 }, 'spread is 0'],
  ] as [string, Partial<ViewOptions>, string][])('with a wrong %s is refused', (_, options, message) => {
    expect(() => compile({ a: count() }, options)).toThrowError(message);
  });

  it('may not declare a name twice, nor a source that does not fit its contract', () => {
    const view = { file: 'a.ts', view: definitionOf(visitorView) };
    expect(() => compileFeatures({ sources: [{ file: 's.ts', source: clickSource }], views: [view, { ...view, file: 'b.ts' }] }, CONTRACTS)).toThrowError('the feature view visitor is declared twice');
    const source = (options: object, contract = clicks) => () => compileFeatures({ sources: [{ file: 's.ts', source: featureSource('clicks', { columns: {}, ...options }) }], views: [] }, new Map([[contract.name, contract]]));
    expect(source({ contract: 'clix' })).toThrowError('there is no contract clix');
    expect(source({ columns: { a: 'b' } })).toThrowError('the column a is said to be b, which the contract clicks does not have');
    expect(source({ sameContentWithin: 'soon' })).toThrowError("'soon' is no span of time");
    expect(source({}, { ...clicks, stream: undefined })).toThrowError('has no stream');
    expect(source({}, { ...clicks, eventTime: undefined })).toThrowError('does not say when an event happened');
  });
});

describe('the folder of features', () => {
  const folders: string[] = [];
  const folder = (files: Record<string, string>) => {
    const place = mkdtempSync(join(tmpdir(), 'millrace-features-'));
    folders.push(place);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
    return place;
  };
  afterEach(() => folders.splice(0).forEach((one) => rmSync(one, { recursive: true, force: true })));
  const library = JSON.stringify(join(ROOT, 'lib/features/index.ts'));

  it('gives what its files export, and needs no other change for one more', async () => {
    const place = folder({
      'sources.mts': `import { featureSource } from ${library}; export const clicks = featureSource('clicks', { columns: { event_time: 'timestamp', visitor_id: 'visitorid' } });`,
      'visitor.mts': `import { count, featureView } from ${library}; export const visitor = featureView('visitor', { from: 'clicks', entity: 'visitor_id', time: 'event_time' }, { clicks_7d: count({ within: '7d' }) });`,
      'note.md': 'not a feature',
    });
    const features = await loadFeatures(place, CONTRACTS);
    expect([...features.views.keys()]).toEqual(['visitor']);
    expect(features.views.get('visitor')).toMatchObject({ isPartitionKey: true, spread: 1 });
  });

  it('names the file that does not load, or declares nothing', async () => {
    await expect(loadFeatures(folder({ 'a.mjs': 'export const a = b;' }), CONTRACTS)).rejects.toMatchObject({ code: 'bad_input', where: expect.stringContaining('a.mjs') as string });
    await expect(loadFeatures(folder({ 'a.mjs': 'export const a = 1;' }), CONTRACTS)).rejects.toMatchObject({ message: 'the file declares no features' });
    expect((await loadFeatures(join(tmpdir(), 'no such folder'), CONTRACTS)).views.size).toBe(0);
  });

  it('of this project loads, and its features can be named in code', async () => {
    const features = await loadFeatures(join(ROOT, 'features'), await loadContracts(join(ROOT, 'contracts')));
    expect([...features.views.keys()]).toEqual(['customer', 'interest', 'item', 'visitor']);
    const { visitor } = await import('../../features/visitor.ts');
    expect(visitor.views_7d).toMatchObject({ view: 'visitor', name: 'views_7d' });
    for (const view of features.views.values()) expect(featuresAtSql(view, 0)).toContain(view.source.table);
  });
});

describe('a series', () => {
  it('keeps its name when features are renamed, reordered or added, and is shared where they compute the same', () => {
    const ids = (features: Record<string, Aggregate>) => compile(features).views.get('mine')!.series.map(({ id }) => id);
    const [views, carts] = ids({ views: count({ within: '7d' }), carts: count({ where: "event = 'cart'", within: '7d' }) });
    expect(ids({ other: sum('amount'), baskets: count({ where: "event = 'cart'", within: '7d' }), seen: count({ within: '7d' }), again: count({ within: '7d' }) }).slice(1)).toEqual([carts, views]);
    expect(featuresOf([visitorView], [clickSource, purchaseSource]).views.get('visitor')!.series.length).toBe(16);
  });
});
