// What `plan` tells: which models would run, why, which columns change and who feels it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainRun, runModel } from '../../lib/warehouse/index.ts';
import { bronzeEvents, events } from './support/events.ts';
import { Home } from './support/home.ts';
import { model, projectFrom } from './support/project.ts';

let home: Home;
beforeAll(async () => { home = await Home.open(); });
afterAll(() => home.close());

const project = (total: string) => projectFrom({
  'silver.by_day': model('kind: partitions\npartition_by: month(day)\ntime: { column: day, grain: month }\nchanges: { source.events: day }', `SELECT day, customer, ${total} AS total FROM source.events GROUP BY day, customer`),
  'gold.sums': model('', 'SELECT sum(total) AS sum_of_totals FROM silver.by_day'),
  'gold.days': model('', 'SELECT DISTINCT day FROM silver.by_day'),
  'gold.last': model('', 'SELECT sum_of_totals + 1 AS more FROM gold.sums'),
}, [events]);

describe('an explained run', () => {
  it('tells new, unchanged, touched and changed models apart, and who reads what changes', async () => {
    const whole = project('sum(amount)');
    const names = whole.graph.order;
    await home.append('bronze.events', bronzeEvents(1, [{ event: 1, customer: 1, day: 0, amount: 5 }]));
    expect((await explainRun(home.context(whole), names)).map(({ model: name, status, computes }) => [name, status, computes])).toEqual([
      ['silver.by_day', 'new', 'everything'], ['gold.days', 'new', 'what its inputs touch'], ['gold.sums', 'new', 'what its inputs touch'], ['gold.last', 'new', 'what its inputs touch'],
    ]);
    for (const name of names) await runModel(home.context(whole), name);
    expect((await explainRun(home.context(whole), names)).map(({ status }) => status)).toEqual(['unchanged', 'unchanged', 'unchanged', 'unchanged']);

    await home.append('bronze.events', bronzeEvents(2, [{ event: 2, customer: 1, day: 40, amount: 5 }]));
    expect((await explainRun(home.context(whole), names)).map(({ status, reason, computes }) => [status, reason, computes])).toEqual([
      ['inputs', 'source.events changed', '2018-02-01 to 2018-03-01'],
      ['inputs', 'silver.by_day would run', 'what its inputs touch'], ['inputs', 'silver.by_day would run', 'what its inputs touch'], ['inputs', 'gold.sums would run', 'what its inputs touch'],
    ]);

    const [first] = await explainRun(home.context(project('CAST(sum(amount) AS double)')), ['silver.by_day']);
    expect(first).toMatchObject({
      status: 'changed', breaking: true, changes: [{ change: 'retyped', column: 'total', from: 'bigint', type: 'double' }],
      downstream: [{ model: 'gold.sums', columns: ['silver.by_day.total'] }, { model: 'gold.last', columns: ['gold.sums.sum_of_totals'] }],
      scan: { rows: 2, bytes: expect.any(Number) as number }, limits: [],
    });
    expect(first?.scan.bytes).toBeGreaterThan(0);
  });
});
