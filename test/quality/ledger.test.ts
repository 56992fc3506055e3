// What the ledger says when only a part of the models runs, and which run it takes for the last one.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LedgerEntry } from '../../lib/quality/index.ts';
import { smallShop, type SmallShop } from '../support/small-shop.ts';

vi.setConfig({ testTimeout: 60_000 });

let shop: SmallShop;
beforeEach(() => {
  shop = smallShop();
  shop.land('people', '1.csv', ['a,a@example.org,Bonn', 'b,b@example.org,Kiel']);
  shop.land('purchases', '1.csv', ['1,a,10.00,2026-01-05 10:00:00', '2,b,5.00,2026-01-06 10:00:00', '2,b,5.00,2026-01-06 10:00:00']);
});
afterEach(() => {
  vi.useRealTimers();
  shop.remove();
});

type Ledger = { run: string; reconciles: boolean; entries: LedgerEntry[] };
const silverOf = ({ entries }: Ledger) => entries.filter(({ step }) => step === 'silver').map(({ subject, expected, parts }) => [subject, expected, parts['silver']]);

describe('the ledger', () => {
  it('counts bronze as it was when a model read it: rows that landed since are no difference', async () => {
    expect((await shop.millrace('run', 'batch')).code).toBe(0);
    shop.land('purchases', '2.csv', ['3,a,1.00,2026-02-01 10:00:00']);
    const { code } = await shop.millrace('run', 'batch', '--select', 'silver.people');
    expect(code).toBe(0);
    const some = await shop.json<Ledger>('ledger');
    expect(some.reconciles).toBe(true);
    expect(silverOf(some)).toContainEqual(['purchases → silver.purchases', '3', '2']);
    await shop.json('run', 'batch');
    expect(silverOf(await shop.json<Ledger>('ledger'))).toContainEqual(['purchases → silver.purchases', '4', '3']);
  });

  it('says nothing of a model that was changed and has not run since', async () => {
    await shop.json('run', 'batch');
    shop.write('sql/silver/people.sql', '/*\ndescription: People.\nowner: tests\naccounts:\n  people: count(*)\n*/\nSELECT person_id FROM source.people WHERE city = \'Bonn\'\n');
    expect((await shop.millrace('run', 'batch', '--select', 'gold.spending')).code).toBe(0);
    expect(silverOf(await shop.json<Ledger>('ledger')).map(([subject]) => subject)).toEqual(['purchases → silver.purchases']);
  });

  it('knows the last run though the clock jumped back', async () => {
    const first = await shop.json<{ runId: string }>('run', 'batch');
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2020-01-01T00:00:00Z') });
    const second = await shop.json<{ runId: string }>('run', 'batch');
    expect(second.runId < first.runId).toBe(true);
    expect((await shop.json<Ledger>('ledger')).run).toBe(second.runId);
    expect((await shop.json<Ledger>('ledger', '--run', first.runId)).run).toBe(first.runId);
  });
});
