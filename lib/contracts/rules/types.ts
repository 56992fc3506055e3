// The types of rules: what may meet what, and how many digits a result can have.
import { digitsOf } from '../grammar/numbers.ts';
import type { Column } from '../types.ts';
import type { RuleType } from './ast.ts';

/** The most digits that every engine computes with exactly. */
export const MOST_DIGITS = 38;

/** The type of a column in a rule. Times are local times of the contract's zone; an epoch is its milliseconds. */
export function typeOfColumn(column: Column): RuleType {
  switch (column.kind) {
    case 'id':
    case 'text':
      return { is: 'text' };
    case 'boolean':
    case 'date':
    case 'timestamp':
      return { is: column.kind };
    default:
      return { is: 'number', ...digitsOf(column) };
  }
}

/** The type that can hold both, or undefined. A date meets a timestamp as its midnight; NULL meets everything. */
export function common(a: RuleType, b: RuleType): RuleType | undefined {
  if (a.is === 'null') return b;
  if (b.is === 'null') return a;
  if (a.is === 'number' && b.is === 'number') {
    return { is: 'number', integer: Math.max(a.integer, b.integer), scale: Math.max(a.scale, b.scale) };
  }
  if (a.is === b.is) return a;
  const times = (type: RuleType) => type.is === 'date' || type.is === 'timestamp';
  return times(a) && times(b) ? { is: 'timestamp' } : undefined;
}

/** The type of `left operator right` of two numbers. */
export function arithmeticType(operator: '+' | '-' | '*', left: RuleType, right: RuleType): RuleType | undefined {
  if (left.is === 'null' || right.is === 'null') return { is: 'null' };
  if (left.is !== 'number' || right.is !== 'number') return undefined;
  return operator === '*'
    ? { is: 'number', integer: left.integer + right.integer, scale: left.scale + right.scale }
    : { is: 'number', integer: Math.max(left.integer, right.integer) + 1, scale: Math.max(left.scale, right.scale) };
}

export function tooManyDigits(type: RuleType): boolean {
  return type.is === 'number' && type.integer + type.scale > MOST_DIGITS;
}

export function nameOf(type: RuleType): string {
  return type.is === 'null' ? 'NULL' : type.is === 'number' ? 'a number' : type.is === 'timestamp' ? 'a time' : `a ${type.is}`;
}
