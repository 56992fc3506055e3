// Contacts with support and marketing: late deliveries and bad experiences cause them.
import { SHOP_CAUSES } from '../causes.ts';
import type { Landing } from '../core/landing.ts';
import { Random } from '../core/random.ts';
import { DAY, dayOfSecond } from '../core/time.ts';
import type { MarketIds } from '../marketplace/ids.ts';
import type { Marketplace } from '../marketplace/orders.ts';
import { CREATED, DELIVERED } from '../marketplace/plan.ts';
import { WEB_FROM } from './clicks.ts';
import { CHANNELS, crmId, type Roster } from './roster.ts';

export interface InteractionsTruth {
  rows: number;
  by_type: Record<string, number>;
  by_channel: Record<string, number>;
  answered: number;
  sum_of_minutes: number;
  open: number;
}

const { interactions } = SHOP_CAUSES;

export async function writeInteractions(
  landing: Landing,
  market: Marketplace,
  ids: MarketIds,
  roster: Roster,
): Promise<InteractionsTruth> {
  const { orders, plan, seed } = market;
  const file = await landing.file('interactions', 'interactions.csv', [
    'interaction_id',
    'customer_id',
    'interaction_date',
    'interaction_type',
    'channel',
    'order_id',
    'response_time_minutes',
    'interaction_outcome',
    'satisfaction_score',
  ]);
  const { bytes } = file;
  const random = new Random(seed, 'interactions');
  const truth: InteractionsTruth = { rows: 0, by_type: {}, by_channel: {}, answered: 0, sum_of_minutes: 0, open: 0 };

  const row = (crm: number, time: number, type: string, order: number) => {
    const channel = random.chance(0.7) ? CHANNELS[roster.channel[crm]!]! : random.pick(CHANNELS);
    const minutes = type === 'marketing' ? 0 : Math.round(random.logNormal(interactions.wait_minutes[channel], 0.9));
    const isOpen = time + minutes * 60 > plan.end || (plan.end - time < 2 * DAY && random.chance(0.3));
    const lateness = minutes / (3 * interactions.wait_minutes[channel]);
    const outcome =
      type === 'marketing'
        ? random.chance(0.7)
          ? 'no_answer'
          : 'resolved'
        : random.chance(0.12 + 0.1 * Math.min(3, lateness))
          ? random.chance(0.5)
            ? 'escalated'
            : 'unresolved'
          : type === 'return' || (type === 'delivery' && random.chance(0.25))
            ? 'refunded'
            : 'resolved';
    bytes.ascii(`I${String(++truth.rows).padStart(6, '0')}`);
    bytes.comma();
    bytes.ascii(crmId(crm));
    bytes.comma();
    file.localTime('interaction_date', time);
    bytes.comma();
    bytes.ascii(type);
    bytes.comma();
    bytes.ascii(channel);
    bytes.comma();
    if (order >= 0) ids.order.write(bytes, order);
    bytes.comma();
    if (!isOpen && type !== 'marketing') {
      bytes.integer(minutes);
      truth.answered++;
      truth.sum_of_minutes += minutes;
    }
    bytes.comma();
    if (isOpen) truth.open++;
    else bytes.ascii(outcome);
    bytes.comma();
    const mood =
      4.6 - 0.9 * Math.min(3, lateness) - (outcome === 'resolved' || outcome === 'refunded' ? 0 : 1.4) + 0.7 * random.normal();
    if (!isOpen && type !== 'marketing' && random.chance(0.4)) bytes.integer(Math.max(1, Math.min(5, Math.round(mood))));
    file.endRow();
    truth.by_type[type] = (truth.by_type[type] ?? 0) + 1;
    truth.by_channel[channel] = (truth.by_channel[channel] ?? 0) + 1;
  };

  for (let o = 0; o < orders.count; o++) {
    const crm = roster.ofPerson[orders.customer[o]!]!;
    if (crm < 0 || orders.status[o] === CREATED) continue;
    const delivered = orders.status[o] === DELIVERED && orders.delivered[o]! > 0;
    const late = delivered ? Math.max(0, dayOfSecond(orders.delivered[o]!) - orders.estimated[o]!) : 0;
    const chance = Math.min(
      0.8,
      interactions.base +
        interactions.late * late +
        (delivered ? 0 : interactions.undelivered) +
        interactions.angry[orders.score[o]! - 1]!,
    );
    if (!random.chance(chance)) continue;
    const isAngry = orders.score[o]! <= 2;
    const type =
      late > 0 || !delivered
        ? random.chance(0.65)
          ? 'delivery'
          : 'complaint'
        : isAngry
          ? random.chance(0.5)
            ? 'return'
            : 'complaint'
          : random.pick(['question', 'payment', 'feedback', 'question']);
    const about =
      late > 0 || !delivered ? (orders.estimated[o]! + 1) * DAY : delivered ? orders.delivered[o]! : orders.purchased[o]!;
    const time = Math.floor(about / DAY) * DAY + random.below(3) * DAY + 8 * 3600 + random.below(13 * 3600);
    if (time <= plan.end) row(crm, time, type, o);
    if (file.full) await file.drain();
  }
  const campaignDays = dayOfSecond(plan.end) - WEB_FROM;
  for (let crm = 0; crm < roster.count; crm++) {
    if (roster.wantsMail[crm] && random.chance(interactions.marketing / 0.55))
      row(crm, (WEB_FROM + random.below(campaignDays)) * DAY + 10 * 3600 + random.below(3600), 'marketing', -1);
    if (file.full) await file.drain();
  }
  await file.close();
  return truth;
}
