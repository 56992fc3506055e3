// Who is who: the CRM's customers, and which of them are known at the marketplace and in the clickstream.
import type { Landing } from '../core/landing.ts';
import { Random, WeightedChoice } from '../core/random.ts';
import { dateText, dayOf, dayOfSecond } from '../core/time.ts';
import { prefixIn } from '../marketplace/geography.ts';
import type { MarketIds } from '../marketplace/ids.ts';
import type { Marketplace } from '../marketplace/orders.ts';
import { STATES } from '../marketplace/states.ts';
import { FIRST_NAMES, LAST_NAMES, MAIL_HOSTS, plain, STREETS } from './names.ts';

const REGISTERED = 0.75;
/** Of the registered, how many the clickstream knows. */
const ON_THE_WEB = 0.58;
/** Customers that only the CRM knows, a registered one. */
const CRM_ONLY = 0.28;

export const CHANNELS = ['email', 'phone', 'chat', 'whatsapp', 'social', 'store'] as const;

/** Column by column, one entry a row of the CRM. */
export interface Roster {
  count: number;
  /** Customer of the marketplace, −1: none. */
  person: Int32Array;
  /** Visitor of the clickstream, −1: none. Visitors 0 … visitors − 1 are customers. */
  visitor: Int32Array;
  visitors: number;
  prefix: Uint32Array;
  /** Epoch day. */
  registered: Int32Array;
  channel: Uint8Array;
  wantsMail: Uint8Array;
  /** CRM row of a marketplace customer, −1: not registered. */
  ofPerson: Int32Array;
}

/** `C000123`. */
export function crmId(row: number): string {
  return `C${String(row + 1).padStart(6, '0')}`;
}

/** The number that the clickstream knows a visitor by: a prime's residues, so no two are the same. */
export function visitorId(visitor: number): number {
  return (visitor * 7919 + 137) % 15_485_863;
}

/** The number that the clickstream knows a product by. */
export function itemId(product: number): number {
  return (product * 7919 + 1009) % 15_485_863;
}

export function makeRoster({ seed, plan, map, orders }: Marketplace): Roster {
  const random = new Random(seed, 'roster');
  const firstOrder = new Int32Array(plan.customers);
  const home = new Uint32Array(plan.customers);
  for (let o = orders.count - 1; o >= 0; o--) {
    firstOrder[orders.customer[o]!] = dayOfSecond(orders.purchased[o]!);
    home[orders.customer[o]!] = orders.prefix[o]!;
  }
  const persons: number[] = [];
  for (let u = 0; u < plan.customers; u++) if (random.chance(REGISTERED)) persons.push(u);
  const count = persons.length + Math.round(persons.length * CRM_ONLY);
  const order = random.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
  const channelChoice = new WeightedChoice([30, 14, 20, 24, 8, 4]);
  const roster: Roster = {
    count,
    person: new Int32Array(count).fill(-1),
    visitor: new Int32Array(count).fill(-1),
    visitors: 0,
    prefix: new Uint32Array(count),
    registered: new Int32Array(count),
    channel: new Uint8Array(count),
    wantsMail: new Uint8Array(count),
    ofPerson: new Int32Array(plan.customers).fill(-1),
  };
  for (let row = 0; row < count; row++) {
    const u = persons[order[row]!] ?? -1;
    roster.person[row] = u;
    if (u >= 0) roster.ofPerson[u] = row;
    if (random.chance(u >= 0 ? ON_THE_WEB : ON_THE_WEB / 2)) roster.visitor[row] = roster.visitors++;
    roster.prefix[row] = u >= 0 ? home[u]! : prefixIn(map, map.customerCity.draw(random), random);
    roster.registered[row] = u >= 0 ? firstOrder[u]! - random.below(200) : dayOf(2017, 1, 2) + random.below(600);
    roster.channel[row] = channelChoice.draw(random);
    roster.wantsMail[row] = random.chance(0.55) ? 1 : 0;
  }
  return roster;
}

export async function writeCrm(landing: Landing, { seed, map }: Marketplace, ids: MarketIds, roster: Roster): Promise<void> {
  const file = await landing.file('crm_customers', 'crm_customers.csv', [
    'customer_id',
    'customer_unique_id',
    'visitorid',
    'name',
    'email',
    'phone',
    'street',
    'postcode',
    'city',
    'state',
    'country',
    'registration_date',
    'customer_segment',
    'marketing_opt_in',
  ]);
  const { bytes } = file;
  const random = new Random(seed, 'crm');
  for (let row = 0; row < roster.count; row++) {
    const prefix = roster.prefix[row]!;
    const city = map.prefixCity[prefix]!;
    const code = String(map.prefixCode[prefix]!).padStart(5, '0');
    const first = random.pick(FIRST_NAMES);
    const last = random.pick(LAST_NAMES);
    const segment = random.real();
    const fields = [
      crmId(row),
      roster.person[row]! >= 0 ? ids.person.text(roster.person[row]!) : '',
      roster.visitor[row]! >= 0 ? String(visitorId(roster.visitor[row]!)) : '',
      `${first} ${last}`,
      random.chance(0.04) ? '' : `${plain(first)}.${plain(last)}${row + 1}@${random.pick(MAIL_HOSTS)}`,
      random.chance(0.1) ? '' : `+55 ${random.between(11, 99)} 9${random.between(1000, 9999)}-${random.between(1000, 9999)}`,
      random.chance(0.06) ? '' : `${random.pick(STREETS)}, ${random.between(1, 2400)}`,
      `${code}-${String(random.below(1000)).padStart(3, '0')}`,
      map.cityAccented[city]!,
      STATES[map.cityState[city]!]!.code,
      'BR',
      dateText(roster.registered[row]!),
      segment < 0.84 ? 'consumer' : segment < 0.96 ? 'business' : segment < 0.98 ? 'employee' : '',
      roster.wantsMail[row] ? 'true' : 'false',
    ];
    for (const [i, field] of fields.entries()) {
      if (i > 0) bytes.comma();
      bytes.field(field);
    }
    file.endRow();
    if (file.full) await file.drain();
  }
  await file.close();
}
