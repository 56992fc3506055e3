// A quote takes as long for a parcel as big as a house as for a shoebox: its size is what somebody sends.
import { expect, it } from 'vitest';
import { loadShipping } from '../../../lib/serving/index.ts';
import { quoteShipping } from '../../../lib/shipping/index.ts';

/** Rows by a word of the query that asks for them. */
const ROWS: readonly (readonly [word: string, rows: unknown[][]])[] = [
  ['FROM silver.shipping_rates\n', [['post', 'standard', 'here', 'there', 0, 30, 10, 2, 4, '2018-01-01', null]]],
  ['parcels', [['there', 0, 10]]],
  ['seller_zip_code_prefix', [['01']]],
  ['silver.geolocation', [['01', -23.5, -46.6], ['20', -22.9, -43.2]]],
  ['silver.delivery_zones', [['01', 'here'], ['20', 'there']]],
  ['newest', [['there', 5]]],
];
const engine = { query: async (sql: string) => ({ columns: [], rows: ROWS.find(([word]) => sql.includes(word))?.[1] ?? [] }) } as unknown as Parameters<typeof loadShipping>[0];

it('freight of what is heavier than any card is that of its pieces, however many', async () => {
  let most = 0;
  const score = (matrix: Float64Array, rows: number): Float64Array => {
    most = Math.max(most, rows);
    return Float64Array.from({ length: rows }, (_, row) => 2 * matrix[row]!);
  };
  const model = { version: '1', inputs: [{ name: 'chargeable_weight_kg' }], score };
  const shipping = await loadShipping(engine, { currency: 'BRL', version: '1', models: { freight: model, delivery: model } });
  const quote = (parcels: { weightKg: number; lengthCm?: number; widthCm?: number; heightCm?: number }[]) =>
    quoteShipping({ originPostcode: '01', destinationPostcode: '20', orderValue: 1, handedOverOn: '2018-03-01', parcels }, shipping!.settings, AbortSignal.timeout(5_000));
  expect((await quote([{ weightKg: 3 }])).freightEstimate).toBe(6);
  expect((await quote([{ weightKg: 90 }, { weightKg: 3 }])).freightEstimate).toBe(186);
  const began = performance.now();
  const huge = await quote(Array.from({ length: 100 }, () => ({ weightKg: 10_000, lengthCm: 10_000, widthCm: 10_000, heightCm: 10_000 })));
  expect(huge.freightEstimate).toBeGreaterThan(1e9);
  expect(performance.now() - began).toBeLessThan(1_000);
  expect(most).toBeLessThanOrEqual(100);
});
