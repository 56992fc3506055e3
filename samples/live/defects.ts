// Defects that a live producer plants, one a record, each with the reason for which a right check refuses it.
import type { Random } from '../core/random.ts';

/** Members of an event, before they are JSON. */
export type Members = Record<string, unknown>;

export interface Defect {
  /** The reason without the source in front: `parse.not_json`. */
  reason: string;
  /** Only of this source. */
  of?: 'events' | 'transactions';
  /** The event has these members, so that nothing but the defect is wrong with it. */
  wants?: (members: Members) => boolean;
  plant(members: Members, random: Random): Uint8Array | string;
}

const json = (members: Members): string => JSON.stringify(members);
const cut = (text: string, random: Random): string => text.slice(0, 1 + random.below(text.length - 2));
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const isView = ({ event }: Members): boolean => event === 'view';

export const DEFECTS: readonly Defect[] = Object.freeze<Defect[]>([
  { reason: 'parse.not_json', plant: (members, random) => cut(json(members), random) },
  { reason: 'parse.not_an_object', plant: (members) => `[${json(members)}]` },
  { reason: 'parse.invalid_utf8', plant: (members) => Buffer.concat([Buffer.from(json(members).slice(0, -1)), Buffer.from([0x2c, 0x22, 0x78, 0x22, 0x3a, 0x22, 0xe9, 0x22, 0x7d])]) },
  { reason: 'parse.invalid_utf8', plant: (members) => `${json(members).slice(0, -1)},"note":"\\ud83d"}` },
  { reason: 'parse.duplicate_key', plant: (members) => `${json(members).slice(0, -1)},"type":"${String(members['type'])}"}` },
  { reason: 'parse.nul_byte', plant: (members) => `${json(members).slice(0, -1)},"note":"\\u0000"}` },
  { reason: 'columns.unknown_type', plant: (members) => json({ ...members, type: 'page_pings' }) },
  { reason: 'columns.unknown_version', plant: (members) => json({ ...members, contract_version: '99.0' }) },
  { of: 'events', reason: 'visitorid.missing', plant: (members) => json({ ...members, visitorid: null }) },
  { of: 'events', reason: 'visitorid.not_text', plant: (members) => json({ ...members, visitorid: { id: members['visitorid'] } }) },
  { of: 'events', reason: 'visitorid.not_an_id', plant: (members) => json({ ...members, visitorid: ` ${String(members['visitorid'])}` }) },
  { of: 'events', reason: 'timestamp.not_an_epoch', plant: (members) => json({ ...members, timestamp: new Date(Number(members['timestamp'])).toISOString() }) },
  { of: 'events', reason: 'timestamp.missing', plant: (members) => json({ ...members, timestamp: null }) },
  { of: 'events', reason: 'timestamp.too_old', plant: (members) => json({ ...members, timestamp: Number(members['timestamp']) - 8 * DAY_MS }) },
  { of: 'events', reason: 'timestamp.too_far_ahead', plant: (members) => json({ ...members, timestamp: Number(members['timestamp']) + 90 * MINUTE_MS }) },
  { of: 'events', reason: 'event.not_accepted', plant: (members) => json({ ...members, event: 'purchase' }), wants: ({ itemid }) => itemid !== undefined },
  { of: 'events', reason: 'device_type.not_accepted', plant: (members) => json({ ...members, device_type: 'fridge' }) },
  { of: 'events', reason: 'item_is_known', plant: (members) => json({ ...members, itemid: '' }), wants: isView },
  { of: 'events', reason: 'transaction_has_id', plant: (members) => json({ ...members, event: 'transaction' }), wants: isView },
  { of: 'transactions', reason: 'transaction_id.missing', plant: (members) => json({ ...members, transaction_id: '' }) },
  { of: 'transactions', reason: 'quantity.below_minimum', plant: (members) => json({ ...members, quantity: 0 }) },
  { of: 'transactions', reason: 'quantity.not_an_integer', plant: (members) => json({ ...members, quantity: 1.5 }) },
  { of: 'transactions', reason: 'price.not_a_number', plant: (members) => json({ ...members, price: `R$ ${String(members['price'])}` }) },
  { of: 'transactions', reason: 'price.below_minimum', plant: (members) => json({ ...members, price: '-1.00' }) },
  { of: 'transactions', reason: 'price_is_positive', plant: (members) => json({ ...members, price: 0 }) },
  { of: 'transactions', reason: 'timestamp.not_a_timestamp', plant: (members) => json({ ...members, timestamp: 'yesterday' }) },
]);
