// Visits as lists are judged by: what somebody took on one day, and all that was known of them before.
import { hash32, hashUniform } from '../random.ts';
import type { Met } from './opinions.ts';

/** Who had to do with what, how much, and when: an entry a person, an item and a day. */
export interface History { user: Int32Array; item: Int32Array; weight: Float32Array; at: Float64Array; users: number; items: readonly string[] }

/** Visits of one person on one day, and all that was known of them before. */
export interface Visit { before: readonly Met[]; taken: ReadonlySet<number> }

/** An item that was looked at in a visit, what else was taken there, and what was known before. */
export interface VisitBeside extends Visit { item: number }

/** Visits (a person and a day) of a span of time, of people with something before; only items that were known at its beginning can be recommended, all count. */
export function visitsBetween(history: History, from: number, to: number): Visit[] {
  return allVisits(history, from, to).filter(({ before }) => before.length > 0);
}

/** Visits of a span of time in which two items or more were taken, whoever came: one of them, drawn by lot, is the one that is looked at. */
export function visitsBesideBetween(history: History, from: number, to: number, seed: number): VisitBeside[] {
  return allVisits(history, from, to).filter(({ taken }) => taken.size > 1).map(({ before, taken }) => {
    const items = [...taken];
    const item = items[hash32(seed, items[0]!, items.length) % items.length]!;
    return { before, item, taken: new Set(items.filter((other) => other !== item)) };
  });
}

function allVisits({ user, item, weight, at, users }: History, from: number, to: number): Visit[] {
  const byUser = Array.from({ length: users }, (): number[] => []);
  at.forEach((time, row) => {
    if (time < to) byUser[user[row]!]!.push(row);
  });
  return byUser.flatMap((rows) => {
    rows.sort((left, right) => at[left]! - at[right]! || item[left]! - item[right]!);
    const found: Visit[] = [];
    for (let begin = 0; begin < rows.length;) {
      const day = at[rows[begin]!]!;
      let end = begin;
      while (end < rows.length && at[rows[end]!] === day) end += 1;
      if (day >= from) {
        found.push({ before: rows.slice(0, begin).map((row) => ({ item: item[row]!, weight: weight[row]!, at: at[row]! })), taken: new Set(rows.slice(begin, end).map((row) => item[row]!)) });
      }
      begin = end;
    }
    return found;
  });
}

/** All of them, or a seeded sample of about so many. */
export function thinned<Of>(visits: readonly Of[], most: number, seed: number): readonly Of[] {
  return visits.length <= most ? visits : visits.filter((_, index) => hashUniform(seed, index, 3) < most / visits.length);
}
