// Clocks and instants: the written-out changes of a zone agree with ICU.
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { instantOf, isZone, localTime } from '../../../lib/warehouse/dialect/functions/zones.ts';
import { Duck } from './support/duckdb.ts';

const duck = await Duck.open();
afterAll(() => duck.close());

const ZONES = ['America/Sao_Paulo', 'Europe/Berlin', 'Australia/Lord_Howe', 'Pacific/Apia', 'America/St_Johns', 'Asia/Kathmandu'];

it.each(ZONES)('%s', async (zone) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: Date.UTC(1960), max: Date.UTC(2045) }), { minLength: 200, maxLength: 200 }), async (times) => {
      const values = times.map((time) => `(${time}000::BIGINT)`).join(', ');
      const { rows } = await duck.run(`SELECT u, ${instantOf('t', zone)} = millrace_instant(t, '${zone}'), ${localTime('i', zone)} = timezone('${zone}', i)
        FROM (SELECT u, make_timestamp(u) AS t, make_timestamptz(u) AS i FROM (VALUES ${values}) AS v(u))`);
      expect(rows.filter(([, clock, reading]) => clock !== true || reading !== true)).toEqual([]);
    }),
    { numRuns: 10 },
  );
});

it('knows the names of zones, and takes nothing else for one', () => {
  expect([...ZONES, 'UTC', 'America/Argentina/Buenos_Aires'].every(isZone)).toBe(true);
  expect(['utc', '+02:00', 'Mars/Olympus', "UTC' OR '", 'EST5EDT', ''].some(isZone)).toBe(false);
});
