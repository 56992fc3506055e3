// Who had to do with what, and how much: what recommendations are learned from.
import { MillraceError } from '../../base/index.ts';

export interface Interactions {
  users: number;
  items: number;
  /** One entry a pair of user and item; a pair that comes twice counts with the sum. */
  user: Int32Array;
  item: Int32Array;
  /** More than 0. */
  weight: Float32Array;
}

/** The entries of one side, side by side: those of user (or item) n are `begins[n]` to `begins[n + 1]`. */
export interface Grouped {
  begins: Int32Array;
  other: Int32Array;
  weight: Float64Array;
}

export function checkInteractions({ users, items, user, item, weight }: Interactions): void {
  const refuse = (message: string): never => {
    throw new MillraceError('bad_input', message, { where: 'the interactions', todo: 'number users and items from 0 on, and give weights above 0' });
  };
  if (user.length !== item.length || user.length !== weight.length) refuse(`${user.length} users, ${item.length} items and ${weight.length} weights`);
  if (user.length === 0) refuse('there are none');
  for (let i = 0; i < user.length; i += 1) {
    if (!(user[i]! >= 0 && user[i]! < users)) refuse(`entry ${i} is of user ${user[i]}, of ${users}`);
    if (!(item[i]! >= 0 && item[i]! < items)) refuse(`entry ${i} is of item ${item[i]}, of ${items}`);
    if (!(weight[i]! > 0 && weight[i]! < Infinity)) refuse(`entry ${i} has the weight ${weight[i]}`);
  }
}

/** Groups entries by one side; entries of the same pair are added up. */
export function groupBy(count: number, by: Int32Array, other: Int32Array, weight: Float32Array): Grouped {
  const order = Uint32Array.from(by.keys()).sort((a, b) => by[a]! - by[b]! || other[a]! - other[b]!);
  const begins = new Int32Array(count + 1);
  const others: number[] = [];
  const weights: number[] = [];
  let last = -1;
  for (const entry of order) {
    const group = by[entry]!;
    if (group === last && others.at(-1) === other[entry]) {
      weights[weights.length - 1]! += weight[entry]!;
      continue;
    }
    others.push(other[entry]!);
    weights.push(weight[entry]!);
    begins[group + 1]! += 1;
    last = group;
  }
  for (let group = 0; group < count; group += 1) begins[group + 1]! += begins[group]!;
  return { begins, other: Int32Array.from(others), weight: Float64Array.from(weights) };
}

/** Indices of the greatest scores, best first, the lower index of equals first; those that `skip` names are left out. */
export function best(scores: ArrayLike<number>, count: number, skip: ReadonlySet<number>): number[] {
  const taken: number[] = [];
  for (let index = 0; index < scores.length; index += 1) {
    const score = scores[index]!;
    if (skip.has(index) || !(score > -Infinity)) continue;
    if (taken.length === count && !(score > scores[taken[count - 1]!]!)) continue;
    let place = taken.length;
    while (place > 0 && score > scores[taken[place - 1]!]!) place -= 1;
    taken.splice(place, 0, index);
    if (taken.length > count) taken.pop();
  }
  return taken;
}
