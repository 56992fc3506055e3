// What the tests of events share: contracts with every kind of column, records, and a key.
import { date, decimal, boolean, epochMs, id, integer, money, source, text, timestamp, type Contract } from '../../../lib/contracts/index.ts';
import { eventPlans, openEventChecker, type EventChecker, type PrivacyKey, type StreamRecord } from '../../../lib/ingest/events/index.ts';

export const NOW = Date.UTC(2026, 10, 21, 12);

export const clicks: Contract = source('clicks', {
  description: 'One row a click.', owner: 'web', version: '1.2', timeZone: 'America/Sao_Paulo',
  stream: { partitionKey: 'visitor', maxAgeDays: 7, maxFutureMinutes: 15 },
  eventTime: 'at',
  columns: {
    at: epochMs({ min: 0, max: 4_102_444_800_000 }),
    visitor: id(),
    kind: text({ accepted: ['view', 'cart', 'search'] }),
    item: id({ nullable: true }),
    price: money({ nullable: true, min: 0 }),
    ItemCount: integer({ nullable: true, as: 'item_count', min: 1 }),
    weight: decimal({ nullable: true, precision: 9, scale: 3 }),
    returning: boolean({ nullable: true }),
    query: text({ nullable: true }),
  },
  rules: { item_is_known: "kind = 'search' OR item IS NOT NULL" },
  currency: 'BRL',
});

export const signups: Contract = source('signups', {
  description: 'One row a person who signed up.', owner: 'web', version: '2.0', timeZone: 'America/Sao_Paulo',
  stream: { partitionKey: 'customer_id' },
  eventTime: 'signed_up_at',
  columns: { customer_id: id(), email: text({ pii: 'email' }), phone: text({ pii: 'phone', nullable: true }), signed_up_at: timestamp(), born_on: date({ nullable: true }) },
});

export const files: Contract = source('stock', {
  description: 'One row an item in stock; by files only.', owner: 'web', version: '1.0', timeZone: 'UTC', files: {}, columns: { item: id() },
});

export const KEY: PrivacyKey = { id: 'k1', pseudonyms: new Uint8Array(32).fill(7), payloads: new Uint8Array(32).fill(9) };

export function checkerOf(...contracts: readonly Contract[]): EventChecker {
  return openEventChecker({ plans: eventPlans(contracts), defaultType: contracts[0]!.name, key: KEY });
}

export function recordOf(data: string | Uint8Array, sequence = '1', arrivedAt = NOW): StreamRecord {
  return {
    position: { stream: 'clicks', shard: 'shardId-000000000000', sequence, subsequence: 0 },
    partitionKey: 'v', arrivedAt, data: typeof data === 'string' ? Buffer.from(data) : data,
  };
}

/** A click that conforms; members given replace its own, undefined ones leave it. */
export function click(members: Record<string, unknown> = {}): string {
  return JSON.stringify({ at: NOW - 1001, visitor: 'v1', kind: 'view', item: '17', ...members });
}
