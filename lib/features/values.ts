// A feature's value as an engine's result has it, brought to the form that the online store gives.
import type { FeatureType, FeatureValue } from './types.ts';

/** Whole numbers become numbers; times get their six decimals; decimals stay text. */
export function fromSql(value: unknown, type: FeatureType): FeatureValue {
  if (value === null || value === undefined) return null;
  if (type === 'bigint' || type === 'double') return Number(value);
  if (type === 'boolean') return value === true || value === 'true';
  const text = String(value);
  if (type !== 'timestamp(6)') return text;
  return `${text.slice(0, 19)}.${text.slice(20, 26).padEnd(6, '0')}`;
}

/** Doubles are equal within a relative 1e-9, everything else exactly. */
export function isSameValue(a: FeatureValue, b: FeatureValue, type: FeatureType): boolean {
  if (a === b) return true;
  return type === 'double' && typeof a === 'number' && typeof b === 'number' && Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}
