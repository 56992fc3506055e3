// Signatures as Trino's manual writes them, and how arguments fit them.
import { asDecimal, coerces, commonType, sameType } from '../types/coercion.ts';
import type { Typed } from '../types/expression.ts';
import { array, decimal, instant, MOST_DECIMAL_DIGITS, timestamp, typeOf, UNKNOWN, type SqlType } from '../types/types.ts';

/** A parameter's type: a plain one, one with a free part (`decimal(p, s)`, `timestamp(p)`, `T`, `array(T)`), or a literal (`'unit'`). */
export interface Parameter { pattern: Pattern; variadic: boolean }
export type Pattern =
  | { kind: 'type'; type: SqlType }
  | { kind: 'decimal' }
  | { kind: 'timestamp' }
  | { kind: 'instant' }
  | { kind: 'any'; name: string; array: boolean }
  | { kind: 'literal'; meaning: string };

export interface Signature {
  name: string;
  parameters: readonly Parameter[];
  returns: string;
  text: string;
}

/** Reads `date_trunc('unit', timestamp(p)) → timestamp(p)`. A parameter `T...` may be given any number of times, but once. */
export function parseSignature(text: string): Signature {
  const match = /^(\w+)\((.*)\) → (.+)$/.exec(text);
  if (!match) throw new Error(`no signature: ${text}`);
  const [, name = '', list = '', returns = ''] = match;
  const parameters = splitList(list).map((each) => {
    const variadic = each.endsWith('...');
    return { pattern: patternOf(variadic ? each.slice(0, -3) : each), variadic };
  });
  return { name, parameters, returns, text };
}

function splitList(list: string): string[] {
  return list === '' ? [] : list.split(/,\s*(?![^(]*\))/);
}

function patternOf(text: string): Pattern {
  if (text.startsWith("'")) return { kind: 'literal', meaning: text.slice(1, -1) };
  if (text === 'decimal(p, s)') return { kind: 'decimal' };
  if (text === 'timestamp(p)') return { kind: 'timestamp' };
  if (text === 'timestamp(p) with time zone') return { kind: 'instant' };
  const inArray = /^array\(([A-Z])\)$/.exec(text)?.[1];
  if (inArray !== undefined) return { kind: 'any', name: inArray, array: true };
  if (/^[A-Z]$/.test(text)) return { kind: 'any', name: text, array: false };
  return { kind: 'type', type: plainType(text) };
}

function plainType(text: string): SqlType {
  const match = /^array\((.+)\)$/.exec(text);
  if (match?.[1] !== undefined) return array(plainType(match[1]));
  if (text === 'interval day to second') return { kind: 'days' };
  if (text === 'interval year to month') return { kind: 'months' };
  const type = typeOf({ name: text, args: [], withTimeZone: false, at: { start: 0, end: 0, line: 1, column: 1 } });
  if (typeof type === 'string') throw new Error(type);
  return type;
}

/** Arguments that fit a signature: the types they are turned into, and what it returns. `exact` where none has to be turned. */
export interface Fit { types: readonly SqlType[]; returns: SqlType; exact: boolean }

/** Undefined where the arguments do not fit. */
export function fit(signature: Signature, args: readonly Typed[]): Fit | undefined {
  const { parameters } = signature;
  const last = parameters.at(-1);
  if (last?.variadic ? args.length < parameters.length : args.length !== parameters.length) return undefined;
  const patterns = args.map((_, index) => (parameters[index] ?? last)?.pattern as Pattern);
  const variables = bindVariables(patterns, args);
  if (!variables) return undefined;
  let exact = true;
  const types: SqlType[] = [];
  for (const [index, arg] of args.entries()) {
    const pattern = patterns[index] as Pattern;
    const type = targetOf(pattern, arg, variables);
    if (!type || !(pattern.kind === 'decimal' ? fitsDecimal(arg.type) : coerces(arg.type, type))) return undefined;
    exact &&= sameType(arg.type, type);
    types.push(type);
  }
  return { types, returns: returnType(signature.returns, types, variables), exact };
}

const fitsDecimal = (type: SqlType): boolean => type.kind === 'unknown' || asDecimal(type) !== undefined;

/** The type for each letter: the one that all its arguments turn into. */
function bindVariables(patterns: readonly Pattern[], args: readonly Typed[]): Map<string, SqlType> | undefined {
  const variables = new Map<string, SqlType>();
  for (const [index, pattern] of patterns.entries()) {
    if (pattern.kind !== 'any') continue;
    const type = args[index]?.type ?? UNKNOWN;
    if (pattern.array && type.kind !== 'array' && type.kind !== 'unknown') return undefined;
    const element = pattern.array && type.kind === 'array' ? type.of : pattern.array ? UNKNOWN : type;
    const known = variables.get(pattern.name);
    const common = known === undefined ? element : commonType(known, element);
    if (!common) return undefined;
    variables.set(pattern.name, common);
  }
  return variables;
}

function targetOf(pattern: Pattern, { type, source }: Typed, variables: ReadonlyMap<string, SqlType>): SqlType | undefined {
  switch (pattern.kind) {
    case 'type':
      return pattern.type;
    case 'literal':
      return source?.kind === 'literal' && source.type === 'string' ? type : undefined;
    case 'decimal': {
      const digits = asDecimal(type) ?? { precision: 1, scale: 0 };
      return decimal(digits.precision, digits.scale);
    }
    case 'timestamp':
      return type.kind === 'timestamp' ? type : type.kind === 'date' || type.kind === 'unknown' ? timestamp(0) : undefined;
    case 'instant':
      return type.kind === 'instant' ? type : undefined;
    case 'any': {
      const bound = variables.get(pattern.name) ?? UNKNOWN;
      return pattern.array ? array(bound) : bound;
    }
  }
}

function returnType(text: string, types: readonly SqlType[], variables: ReadonlyMap<string, SqlType>): SqlType {
  const inArray = /^array\((.+)\)$/.exec(text);
  if (inArray?.[1] !== undefined) return array(returnType(inArray[1], types, variables));
  if (/^[A-Z]$/.test(text)) return variables.get(text) ?? UNKNOWN;
  const time = types.find((type) => type.kind === 'timestamp' || type.kind === 'instant');
  if (text === 'timestamp(p)') return timestamp(time && 'precision' in time ? time.precision : 0);
  if (text === 'timestamp(p) with time zone') {
    return time?.kind === 'instant' ? time : instant(time && 'precision' in time ? time.precision : 0, 'UTC');
  }
  const fixed = /^timestamp\((\d)\)( with time zone)?$/.exec(text);
  if (fixed) return fixed[2] === undefined ? timestamp(Number(fixed[1])) : instant(Number(fixed[1]), 'UTC');
  const digits = /^decimal\((.+), (.+)\)$/.exec(text);
  if (!digits) return plainType(text);
  const bound = types.find((type) => type.kind === 'decimal');
  const { precision: p, scale: s } = bound?.kind === 'decimal' ? bound : { precision: 1, scale: 0 };
  const precision = evaluate(digits[1] ?? '', p, s);
  return decimal(Math.min(MOST_DECIMAL_DIGITS, Math.max(1, precision)), evaluate(digits[2] ?? '', p, s));
}

/** `p+1`, `p-s+1`, `0`. */
function evaluate(text: string, p: number, s: number): number {
  let total = 0;
  for (const [, sign, term] of text.matchAll(/([+-]?)\s*(p|s|\d+)/g)) {
    const value = term === 'p' ? p : term === 's' ? s : Number(term);
    total += sign === '-' ? -value : value;
  }
  return total;
}
