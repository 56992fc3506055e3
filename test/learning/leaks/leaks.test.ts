// Features that see the future are found by name; features that foretell all by themselves are suspected.
import { describe, expect, it } from 'vitest';
import { leaksBetween, ROW_ITSELF, seededRandom, suspectsAmong } from '../../../lib/learning/index.ts';

const columns = ['customer', 'at_time', 'orders', 'spent'];
const keys = ['customer', 'at_time'];
const compare = (all: (string | number | null)[][], known: (string | number | null)[][]) => leaksBetween({ columns, rows: all }, { columns, rows: known }, keys, ['orders', 'spent'], 'at_time');

describe('two makings of a training set', () => {
  const row = ['c1', '2018-01-01', 2, 10.5];

  it('that agree have no leak, whatever the order of their rows and the last digits of their sums', () => {
    expect(compare([row, ['c2', '2018-01-01', 1, null]], [['c2', '2018-01-01', 1, null], ['c1', '2018-01-01', 2, 10.5 + 1e-12]])).toEqual([]);
  });

  it('that differ name the feature, how often, and an example', () => {
    expect(compare([row, ['c2', '2018-01-01', 3, 7]], [['c1', '2018-01-01', 1, 10.5], ['c2', '2018-01-01', 3, null]])).toEqual([
      { feature: 'orders', rows: 1, example: { entity: 'c1', at: '2018-01-01', says: 2, knew: 1 } },
      { feature: 'spent', rows: 1, example: { entity: 'c2', at: '2018-01-01', says: 7, knew: null } },
    ]);
  });

  it('give the same example in whatever order the rows come, and one that can be kept', () => {
    const [first, second] = [['c1', '2018-01-01', 3n, 7], ['c2', '2018-01-01', 4n, 8]] as unknown as (string | number | null)[][];
    const known = [['c1', '2018-01-01', 1, 7], ['c2', '2018-01-01', 1, 8]];
    expect(compare([second!, first!], known)).toEqual(compare([first!, second!], known));
    expect(JSON.parse(JSON.stringify(compare([second!, first!], known)))).toMatchObject([{ feature: 'orders', rows: 2, example: { entity: 'c1', says: 3, knew: 1 } }]);
  });

  it('of which several rows are of one key agree where each of one is in the other, in whatever order; what is left over differs', () => {
    const two = ['c1', '2018-01-01', 5, null];
    expect(compare([row, two], [two, row])).toEqual([]);
    expect(compare([row, two, row], [row, row, ['c1', '2018-01-01', 4, null]])).toEqual([{ feature: 'orders', rows: 1, example: { entity: 'c1', at: '2018-01-01', says: 5, knew: 4 } }]);
    expect(compare([row, row], [row])).toMatchObject([{ feature: ROW_ITSELF, rows: 1 }]);
  });

  it('tell of rows that the past did not have', () => {
    expect(compare([row], [])[0]).toMatchObject({ feature: ROW_ITSELF, rows: 1 });
  });
});

describe('a feature alone', () => {
  const { uniform } = seededRandom(7);
  const size = 400;
  const labels = Float32Array.from({ length: size }, () => (uniform() < 0.3 ? 1 : 0));
  const honest = labels.map((label) => uniform() + label * 0.5);
  const backwards = labels.map((label) => -label);
  const missing = labels.map((label) => (label === 1 ? Number.NaN : 5));
  const rows = Uint32Array.from(labels.keys());

  it('is suspected where it tells the label, either way round, or by being missing', () => {
    expect(suspectsAmong(['honest', 'backwards', 'missing'], [honest, backwards, missing], labels, rows, 'probability').map(({ feature }) => feature)).toEqual(['backwards', 'missing']);
  });

  it('is suspected where it is the value to be foretold, on another scale', () => {
    const values = Float32Array.from({ length: size }, () => uniform() * 100);
    expect(suspectsAmong(['scaled', 'honest'], [values.map((value) => Math.log(value + 1)), honest], values, rows, 'value').map(({ feature }) => feature)).toEqual(['scaled']);
  });

  it('is not suspected on a handful of rows', () => {
    expect(suspectsAmong(['backwards'], [backwards], labels, rows.slice(0, 20), 'probability')).toEqual([]);
  });
});
