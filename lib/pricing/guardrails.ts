// Guardrails: whatever a policy proposes, no price leaves without them.
import { MillraceError } from '../base/index.ts';
import type { AllowedPrice, GuardedPrice, Limit, PricePolicy, PriceSituation, ProposedPrice } from './types.ts';

export interface Guardrails {
  /** Least margin, in percent of the price: 100 (price − cost) / price. Below 100. */
  marginFloorPercent: number;
  /** Most that a price may move in a day from what it was when the day began, in percent of that. */
  dailyChangePercent: number;
  /** Last two digits that a price may have: [90, 99]. Empty: any. */
  endings: readonly number[];
  /** Items whose price stays, by sku, and why. */
  blocked: ReadonlyMap<string, string>;
  /** Digits after the point of the shop's currency: none for JPY, three for KWD; default 2. Prices are whole numbers of the last of them. */
  fractionDigits?: number;
}

/** Digits after the point of a currency (ISO 4217). */
export function fractionDigitsOf(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** Throws `bad_input` where the guardrails contradict themselves. */
export function checkGuardrails(guardrails: Guardrails): Guardrails {
  const { marginFloorPercent, dailyChangePercent, endings } = guardrails;
  const wrong = (message: string, todo: string) => new MillraceError('bad_input', message, { where: 'price guardrails', todo });
  if (!(marginFloorPercent < 100)) throw wrong(`no price has a margin of ${marginFloorPercent} %`, 'Give a floor below 100.');
  if (!(dailyChangePercent >= 0 && dailyChangePercent <= 100)) throw wrong(`a price cannot move by ${dailyChangePercent} % a day`, 'Give a number from 0 to 100.');
  if (endings.some((ending) => !Number.isInteger(ending) || ending < 0 || ending > 99)) throw wrong('a price ends with two digits, 0 to 99', 'Give whole numbers, as [90, 99].');
  return guardrails;
}

/**
 * The price nearest to what the policy proposes that the guardrails allow. The cap of the day is kept in every case; an item whose floor is further
 * away than that moves towards it as far as the cap lets it. Where no allowed price has an allowed ending, the current price stays if it is allowed,
 * and else the nearest allowed one is taken. A policy that throws, or proposes anything but a finite number above 0, has proposed the current price: `limits` then begins
 * with `policy_failed`, and `reason` says what it did.
 *
 * @throws MillraceError `bad_input` where there is no price to start from: see `hasPrice`
 */
export function guardedPrice(policy: PricePolicy, given: PriceSituation, guardrails: Guardrails): GuardedPrice {
  const situation = withSoundCost(given);
  const { sku } = situation;
  const unit = 10 ** (guardrails.fractionDigits ?? 2);
  const current = unitsOf(situation.currentPrice, unit, sku);
  const why = guardrails.blocked.get(sku);
  if (why !== undefined) return { price: current / unit, proposed: current / unit, reason: `its price is not to be changed: ${why}`, policy: policy.name, limits: ['blocked'] };
  const range = rangeOf(situation, current, unit, guardrails);
  const { price: proposed, reason, arm, isFailed } = proposalOf(policy, situation, (price) => inRange(inUnits(price, unit, current), range, guardrails.endings).price / unit);
  const wanted = isFailed ? current : inUnits(proposed, unit, current);
  const { price, limits } = inRange(wanted, range, guardrails.endings);
  return { price: price / unit, proposed: wanted / unit, reason, policy: policy.name, limits: isFailed ? ['policy_failed', ...limits] : limits, ...(arm === undefined ? {} : { arm }) };
}

/** Whether there is a price to start from: without one no policy is asked. */
export function hasPrice({ currentPrice, dayStartPrice = currentPrice }: PriceSituation, { fractionDigits = 2 }: Pick<Guardrails, 'fractionDigits'>): boolean {
  return [currentPrice, dayStartPrice].every((price) => isPrice(Math.round(price * 10 ** fractionDigits)));
}

/** Policies are anybody's: what they do to one item must not cost the others theirs. */
function proposalOf(policy: PricePolicy, situation: PriceSituation, allowed: AllowedPrice): ProposedPrice & { isFailed: boolean } {
  const failed = (what: string) => ({ price: situation.currentPrice, reason: `the current price, since the policy ${policy.name} ${what.slice(0, 200)}`, isFailed: true });
  try {
    // Nobody has checked what it returns.
    const { price, reason, arm } = { ...(policy.propose(situation, allowed) as { [Key in keyof ProposedPrice]?: unknown } | undefined) };
    if (typeof price !== 'number') return failed(`proposed no number: ${typeof price}`);
    if (!(price > 0 && Number.isFinite(price))) return failed(`proposed ${price}, which is no price`);
    return { price, reason: typeof reason === 'string' ? reason : 'the policy does not say why', ...(typeof arm === 'number' && Number.isFinite(arm) ? { arm } : {}), isFailed: false };
  } catch (thrown) {
    return failed(`failed: ${thrown instanceof Error ? thrown.message : 'it threw no error'}`);
  }
}

/** A piece that costs nothing is a mistake in a supplier's file far more often than a gift: it counts as unknown, for the policy too, which else would give it away day by day. */
function withSoundCost(situation: PriceSituation): PriceSituation {
  const { cost, ...rest } = situation;
  return cost === undefined || (cost > 0 && Number.isFinite(cost)) ? situation : rest;
}

/** What may be asked today, in the smallest units of the currency. */
interface Range {
  current: number;
  from: number;
  to: number;
  /** What `from` is there for. */
  floor: Limit;
  /** The floor is beyond what a day may move: `to` is all that may be asked. */
  isOutOfReach: boolean;
}

function rangeOf({ sku, dayStartPrice, cost }: PriceSituation, current: number, unit: number, { marginFloorPercent, dailyChangePercent }: Guardrails): Range {
  const start = dayStartPrice === undefined ? current : unitsOf(dayStartPrice, unit, sku);
  const cap = (start * dailyChangePercent) / 100;
  const [lowest, highest] = [Math.max(1, Math.ceil(start - cap - ROUNDING)), Math.floor(start + cap + ROUNDING)];
  const known = cost !== undefined;
  const floor = known ? Math.ceil((cost * unit) / (1 - marginFloorPercent / 100) - ROUNDING) : current;
  if (floor > highest) return { current, from: highest, to: highest, floor: 'margin_floor_not_reached', isOutOfReach: true };
  return { current, from: Math.max(lowest, floor), to: highest, floor: floor <= lowest ? 'daily_change' : known ? 'margin_floor' : 'cost_unknown', isOutOfReach: false };
}

function inRange(wanted: number, { current, from, to, floor, isOutOfReach }: Range, endings: readonly number[]): { price: number; limits: Limit[] } {
  if (isOutOfReach) return { price: to, limits: [floor, 'daily_change'] };
  const inside = Math.min(to, Math.max(from, wanted));
  const limits: Limit[] = wanted < from ? [floor] : wanted > to ? ['daily_change'] : [];
  const price = withEnding(inside, from, to, current, endings);
  return { price, limits: price === inside ? limits : [...limits, 'ending'] };
}

/** Less than this of a unit is the binary fraction's doing. */
const ROUNDING = 1e-6;
/** Prices of more units than this are not told exactly. */
const MOST = 1e15;

function unitsOf(price: number, unit: number, sku: string): number {
  const units = Math.round(price * unit);
  if (isPrice(units)) return units;
  throw new MillraceError('bad_input', `the current price of ${sku} is no price: ${price}`, { where: `item ${sku}`, todo: `Give what it costs now, ${1 / unit} or more.` });
}

function isPrice(units: number): boolean {
  return units >= 1 && units <= MOST;
}

/** What is no number proposes nothing: the current price. */
function inUnits(price: number, unit: number, current: number): number {
  if (Number.isNaN(price)) return current;
  return Math.round(Math.min(MOST, Math.max(1, price * unit)));
}

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
