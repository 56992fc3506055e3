// What ranges of values say about a predicate: whether any row can match, and whether all rows must.
import { compareValues } from '../format/values.ts';
import type { Value } from '../types.ts';
import type { BoundPredicate, Comparison } from './bound.ts';

/** What is known of a column in a set of rows. Bounds may be wider than the values; a missing bound is unknown. */
export interface RangeFacts {
  lower?: Value | undefined;
  upper?: Value | undefined;
  mayBeNull: boolean;
  mayBeNan: boolean;
  /** Whether there may be a value that is neither null nor NaN. */
  mayHaveValue: boolean;
}

export type FactsOf = (ref: number) => RangeFacts;

export const NOTHING_KNOWN: RangeFacts = Object.freeze({ mayBeNull: true, mayBeNan: true, mayHaveValue: true });

/** The facts of rows that all have one value. */
export function factsOfValue(value: Value | null | undefined): RangeFacts {
  if (value === null || value === undefined) return { mayBeNull: true, mayBeNan: false, mayHaveValue: false };
  if (typeof value === 'number' && Number.isNaN(value)) return { mayBeNull: false, mayBeNan: true, mayHaveValue: false };
  return { lower: value, upper: value, mayBeNull: false, mayBeNan: false, mayHaveValue: true };
}

/** False only where no row can match. */
export function anyCanMatch(predicate: BoundPredicate, factsOf: FactsOf): boolean {
  switch (predicate.op) {
    case 'and': return predicate.of.every((each) => anyCanMatch(each, factsOf));
    case 'or': return predicate.of.some((each) => anyCanMatch(each, factsOf));
    case 'true': return true;
    case 'false': return false;
    case 'is_null': return factsOf(predicate.ref).mayBeNull;
    case 'not_null': {
      const facts = factsOf(predicate.ref);
      return facts.mayHaveValue || facts.mayBeNan;
    }
    case 'in': {
      const facts = factsOf(predicate.ref);
      return predicate.values.some((value) => comparisonCanMatch('eq', value, facts));
    }
    case 'not_in': {
      const facts = factsOf(predicate.ref);
      return predicate.values.every((value) => comparisonCanMatch('ne', value, facts));
    }
    default: return comparisonCanMatch(predicate.op, predicate.value, factsOf(predicate.ref));
  }
}

function comparisonCanMatch(op: Comparison, value: Value, facts: RangeFacts): boolean {
  if (isNan(value)) return facts.mayHaveValue || facts.mayBeNan; // engines disagree about NaN: never prune by it
  if (facts.mayBeNan && (op === 'gt' || op === 'ge' || op === 'ne')) return true; // NaN is the greatest value in some engines
  if (!facts.mayHaveValue) return false;
  const { lower, upper } = facts;
  switch (op) {
    case 'lt': return lower === undefined || compare(lower, value) < 0;
    case 'le': return lower === undefined || compare(lower, value) <= 0;
    case 'gt': return upper === undefined || compare(upper, value) > 0;
    case 'ge': return upper === undefined || compare(upper, value) >= 0;
    case 'eq': return (lower === undefined || compare(lower, value) <= 0) && (upper === undefined || compare(upper, value) >= 0);
    case 'ne': return lower === undefined || upper === undefined || compare(lower, value) !== 0 || compare(upper, value) !== 0;
  }
}

/** True only where every row matches. */
export function allMustMatch(predicate: BoundPredicate, factsOf: FactsOf): boolean {
  switch (predicate.op) {
    case 'and': return predicate.of.every((each) => allMustMatch(each, factsOf));
    case 'or': return predicate.of.some((each) => allMustMatch(each, factsOf));
    case 'true': return true;
    case 'false': return false;
    case 'is_null': {
      const facts = factsOf(predicate.ref);
      return !facts.mayHaveValue && !facts.mayBeNan;
    }
    case 'not_null': return !factsOf(predicate.ref).mayBeNull;
    case 'in': {
      const facts = factsOf(predicate.ref);
      return predicate.values.some((value) => comparisonMustMatch('eq', value, facts));
    }
    case 'not_in': {
      const facts = factsOf(predicate.ref);
      return predicate.values.every((value) => comparisonMustMatch('ne', value, facts));
    }
    default: return comparisonMustMatch(predicate.op, predicate.value, factsOf(predicate.ref));
  }
}

function comparisonMustMatch(op: Comparison, value: Value, facts: RangeFacts): boolean {
  if (facts.mayBeNull || facts.mayBeNan || isNan(value)) return false;
  const { lower, upper } = facts;
  switch (op) {
    case 'lt': return upper !== undefined && compare(upper, value) < 0;
    case 'le': return upper !== undefined && compare(upper, value) <= 0;
    case 'gt': return lower !== undefined && compare(lower, value) > 0;
    case 'ge': return lower !== undefined && compare(lower, value) >= 0;
    case 'eq': return lower !== undefined && upper !== undefined && compare(lower, value) === 0 && compare(upper, value) === 0;
    case 'ne': return (lower !== undefined && compare(lower, value) > 0) || (upper !== undefined && compare(upper, value) < 0);
  }
}

function isNan(value: Value): boolean {
  return typeof value === 'number' && Number.isNaN(value);
}

/** As SQL compares: −0 equals +0, unlike in the order of bounds. */
function compare(left: Value, right: Value): number {
  return left === 0 && right === 0 ? 0 : compareValues(left, right);
}
