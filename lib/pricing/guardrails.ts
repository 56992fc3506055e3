// Guardrails: whatever a policy proposes, no price leaves without them.
import { MillraceError } from '../base/index.ts';
import type { GuardedPrice, Limit, PricePolicy, PriceSituation } from './types.ts';

export interface Guardrails {
  /** Least margin, in percent of the price: 100 (price − cost) / price. Below 100. */
  marginFloorPercent: number;
  /** Most that a price may move from the current one in a day, in percent of it. */
  dailyChangePercent: number;
  /** Hundredths that a price may end with: [90, 99]. Empty: any. */
  endings: readonly number[];
  /** Items whose price stays, by sku. */
  blocked: ReadonlySet<string>;
}

/** Throws `bad_input` where the guardrails contradict themselves. */
export function checkGuardrails(guardrails: Guardrails): Guardrails {
  const { marginFloorPercent, dailyChangePercent, endings } = guardrails;
  const wrong = (message: string, todo: string) => new MillraceError('bad_input', message, { where: 'price guardrails', todo });
  if (!(marginFloorPercent < 100)) throw wrong(`no price has a margin of ${marginFloorPercent} %`, 'Give a floor below 100.');
  if (!(dailyChangePercent >= 0 && dailyChangePercent <= 100)) throw wrong(`a price cannot move by ${dailyChangePercent} % a day`, 'Give a number from 0 to 100.');
  if (endings.some((ending) => !Number.isInteger(ending) || ending < 0 || ending > 99)) throw wrong('a price ends with 0 to 99 hundredths', 'Give whole hundredths, as [90, 99].');
  return guardrails;
}

/**
 * The price nearest to what the policy proposes that the guardrails allow. The cap of the day is kept in every case; an item whose floor is further
 * away than that moves towards it as far as the cap lets it. Where no allowed price has an allowed ending, the current price stays if it is allowed,
 * and else the nearest allowed one is taken.
 */
export function guardedPrice(policy: PricePolicy, situation: PriceSituation, guardrails: Guardrails): GuardedPrice {
  const { sku, currentPrice, cost } = situation;
  if (!(currentPrice > 0 && Number.isFinite(currentPrice))) {
    throw new MillraceError('bad_input', `the current price of ${sku} is no price: ${currentPrice}`, { where: `item ${sku}`, todo: 'Give what it costs now, above 0.' });
  }
  const current = Math.round(currentPrice * 100);
  if (guardrails.blocked.has(sku)) return { price: current / 100, proposed: current / 100, reason: 'its price is not to be changed', policy: policy.name, limits: ['blocked'] };
  const { price: proposed, reason } = policy.propose(situation);
  const wanted = Number.isFinite(proposed) ? Math.max(1, Math.round(proposed * 100)) : current;
  const limits: Limit[] = [];
  const cap = (current * guardrails.dailyChangePercent) / 100;
  const [lowest, highest] = [Math.max(1, Math.ceil(current - cap - ROUNDING)), Math.floor(current + cap + ROUNDING)];
  const floor = cost === undefined ? current : Math.ceil((cost * 100) / (1 - guardrails.marginFloorPercent / 100) - ROUNDING);
  if (floor > highest) return { price: highest / 100, proposed: wanted / 100, reason, policy: policy.name, limits: ['margin_floor_not_reached', 'daily_change'] };
  const from = Math.max(lowest, floor);
  if (wanted < from) limits.push(floor > lowest ? (cost === undefined ? 'cost_unknown' : 'margin_floor') : 'daily_change');
  if (wanted > highest) limits.push('daily_change');
  const inside = Math.min(highest, Math.max(from, wanted));
  const price = withEnding(inside, from, highest, current, guardrails.endings);
  if (price !== inside) limits.push('ending');
  return { price: price / 100, proposed: wanted / 100, reason, policy: policy.name, limits };
}

/** Less than this of a hundredth is the binary fraction's doing. */
const ROUNDING = 1e-6;

function withEnding(wanted: number, from: number, to: number, current: number, endings: readonly number[]): number {
  if (endings.length === 0) return wanted;
  const whole = Math.floor(wanted / 100) * 100;
  const candidates = endings.flatMap((ending) => [whole - 100 + ending, whole + ending, whole + 100 + ending]).filter((price) => price >= from && price <= to);
  if (candidates.length === 0) return current >= from && current <= to ? current : wanted;
  // Of two as near the higher: it keeps more of the margin.
  return candidates.reduce((best, price) => (nearer(price, best, wanted) ? price : best));
}

function nearer(price: number, best: number, wanted: number): boolean {
  const difference = Math.abs(price - wanted) - Math.abs(best - wanted);
  return difference < 0 || (difference === 0 && price > best);
}
