// When people buy: growth, seasons, weekdays, hours, and the clock by which they come back.
import { exp, log } from '../core/numbers.ts';
import { type Random, WeightedChoice } from '../core/random.ts';
import { civilOf, DAY, dayOf, weekdayOf } from '../core/time.ts';

/** Demand by month (January first), by weekday (Monday first), by hour, relative to an ordinary one. */
export const MONTHS = [0.97, 0.95, 1.02, 0.98, 1.1, 0.95, 0.97, 1.02, 0.93, 0.97, 1.3, 1.05];
export const WEEKDAYS = [1.13, 1.12, 1.08, 1.02, 0.98, 0.76, 0.91];
export const HOURS = [24, 12, 5, 3, 2, 2, 5, 12, 30, 48, 62, 66, 60, 65, 66, 65, 67, 61, 58, 60, 62, 62, 58, 41];
/** Black Friday and the days after it, as multiples of an ordinary day. */
export const BLACK_FRIDAYS: ReadonlyMap<number, number> = new Map([
  [dayOf(2016, 11, 25), 3],
  [dayOf(2017, 11, 24), 5.5],
  [dayOf(2017, 11, 25), 2.3],
  [dayOf(2017, 11, 26), 1.8],
  [dayOf(2017, 11, 27), 1.7],
]);

const hourChoice = new WeightedChoice(HOURS);

/** Season, weekday and special days of a local day, without growth. */
export function seasonOf(day: number): number {
  return MONTHS[civilOf(day).month - 1]! * WEEKDAYS[weekdayOf(day)]! * (BLACK_FRIDAYS.get(day) ?? 1);
}

/** A second of that local day, after the hours at which people buy. */
export function secondOn(day: number, random: Random): number {
  return day * DAY + hourChoice.draw(random) * 3600 + random.below(3600);
}

/** Days with demand, and the operational clock: the sum of seasons, on which the time until a return is exponential. */
export class Demand {
  readonly from: number;
  /** First day without demand. */
  readonly until: number;
  readonly #firstOrders: WeightedChoice;
  readonly #clock: Float64Array;

  /** @param growth multiple of new customers on a day; 0 where the shop is closed. */
  constructor(from: number, until: number, growth: (day: number) => number) {
    this.from = from;
    this.until = until;
    const n = until - from;
    const weights = new Float64Array(n);
    this.#clock = new Float64Array(n + 1);
    for (let i = 0; i < n; i++) {
      const season = seasonOf(from + i);
      const open = growth(from + i);
      weights[i] = season * open;
      this.#clock[i + 1] = this.#clock[i]! + (open > 0 ? season : 0);
    }
    this.#firstOrders = new WeightedChoice(weights);
  }

  firstDay(random: Random): number {
    return this.from + this.#firstOrders.draw(random);
  }

  /** Operational time from the start to that day. */
  clockAt(day: number): number {
    return this.#clock[Math.max(0, Math.min(this.until - this.from, day - this.from))]!;
  }

  /** The day on which the clock, from `day` on, has run `duration`; `until` if demand ends before. */
  dayAfter(day: number, duration: number): number {
    const goal = this.clockAt(day) + duration;
    let low = Math.max(0, day - this.from);
    let high = this.until - this.from;
    if (this.#clock[high]! <= goal) return this.until;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#clock[middle + 1]! > goal) high = middle;
      else low = middle + 1;
    }
    return this.from + low;
  }
}

/** From `first` on day `from` exponentially to 1 on day `full`, and 1 from then on. */
export function growing(from: number, full: number, first: number): (day: number) => number {
  const rate = log(first) / (full - from);
  return (day) => (day >= full ? 1 : exp(rate * (full - day)));
}
