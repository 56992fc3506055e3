// What a person meets who lets tables follow contracts and models before any row comes.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { smallShop, type SmallShop } from '../support/small-shop.ts';

vi.setConfig({ testTimeout: 60_000 });

let shop: SmallShop;
beforeEach(() => {
  shop = smallShop();
});
afterEach(() => shop.remove());

type Applied = Record<'made' | 'changed' | 'left' | 'same', string[]>;
const spending = (columns: string) => `/*\ndescription: What people spent.\nowner: tests\nkey: person_id\n*/\nSELECT person_id, ${columns} FROM silver.purchases GROUP BY person_id\n`;

describe('millrace apply', () => {
  it('makes every table, which can be read at once, and then finds nothing to do', async () => {
    const { code, out } = await shop.millrace('apply');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/\+ gold\.spending {2}made[\s\S]*11 made, 0 changed, 0 left to a run, 0 as they were/) as string });
    expect(await shop.json('query', 'SELECT count(*) AS n FROM gold.spending')).toEqual([{ n: '0' }]);
    expect((await shop.json<Applied>('apply')).same).toHaveLength(11);
  });

  it('adds columns that a model has got, and leaves to the next run what breaks readers', async () => {
    shop.land('purchases', '1.csv', ['1,a,10.00,2026-01-05 10:00:00']);
    await shop.json('run', 'batch');
    shop.write('sql/gold/spending.sql', spending('CAST(sum(amount) AS decimal(18, 4)) AS spent, count(*) AS purchases, max(bought_on) AS last_bought'));
    expect(await shop.json<Applied>('apply')).toMatchObject({ made: ['bronze.people', 'ops.forgotten'], changed: ['gold.spending'], left: [] });
    expect(await shop.json('query', 'SELECT spent, last_bought FROM gold.spending')).toEqual([{ spent: '10.0000', last_bought: null }]);
    await shop.json('run', 'batch');
    expect(await shop.json('query', 'SELECT last_bought FROM gold.spending')).toEqual([{ last_bought: '2026-01-05' }]);
    shop.write('sql/gold/spending.sql', spending('count(*) AS purchases'));
    expect(await shop.json<Applied>('apply')).toMatchObject({ changed: [], left: ['gold.spending'] });
    expect(await shop.json('query', 'SELECT spent FROM gold.spending')).toEqual([{ spent: '10.0000' }]);
  });
});
