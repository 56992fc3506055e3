// Where a column comes from and who computes something from it.
import { describe, expect, it } from 'vitest';
import { lineageOf } from '../../lib/warehouse/index.ts';
import { events } from './support/events.ts';
import { model, projectFrom } from './support/project.ts';

const project = projectFrom({
  'silver.days': model('', 'SELECT day, sum(amount) AS total FROM source.events WHERE customer IS NOT NULL GROUP BY day'),
  'gold.best': model('', 'SELECT max(total) AS best FROM silver.days'),
}, [events]);

describe('lineage', () => {
  it('goes back to the bronze column, step by step, and forward to gold', () => {
    expect(lineageOf(project, 'gold.best')).toEqual([{ table: 'gold.best', column: 'best', type: 'bigint', from: [{ table: 'silver.days', column: 'total' }], to: [], usedBy: [] }]);
    expect(lineageOf(project, 'silver.days', 'total')).toMatchObject([{ from: [{ table: 'source.events', column: 'amount' }], to: [{ table: 'gold.best', column: 'best' }] }]);
    expect(lineageOf(project, 'source.events', 'amount')).toMatchObject([{ from: [{ table: 'bronze.events', column: 'amount' }], to: [{ table: 'silver.days', column: 'total' }] }]);
    expect(lineageOf(project, 'bronze.events', 'amount')).toMatchObject([{ from: [], to: [{ table: 'source.events', column: 'amount' }] }]);
  });

  it('names who uses a column only in a condition', () => {
    expect(lineageOf(project, 'source.events', 'customer')).toMatchObject([{ to: [], usedBy: ['silver.days'] }]);
  });

  it('of what is not there names the nearest', () => {
    expect(() => lineageOf(project, 'gold.bests')).toThrow('nothing tells the columns of gold.bests');
    expect(() => lineageOf(project, 'silver.days', 'totl')).toThrow('silver.days has no column totl');
  });
});
