// Exact numbers: text of decimal digits as scaled whole numbers.

/**
 * The value of a decimal text (`-12.345`) times 10^scale; digits behind the scale are rounded half away from zero, as both
 * engines' casts do. The text must have a number's shape.
 */
export function parseScaled(text: string, scale: number): bigint {
  const point = text.indexOf('.');
  if (point === -1) return BigInt(unsigned(text)) * sign(text) * power(scale);
  const fraction = text.slice(point + 1);
  const digits = unsigned(text.slice(0, point)) + fraction.slice(0, scale).padEnd(scale, '0');
  const roundUp = fraction.length > scale && fraction.charCodeAt(scale) >= 53 /* '5' */;
  return (BigInt(digits) + (roundUp ? 1n : 0n)) * sign(text);
}

const POWERS: bigint[] = [1n];
/** 10^exponent. */
export function power(exponent: number): bigint {
  while (POWERS.length <= exponent) POWERS.push(POWERS[POWERS.length - 1]! * 10n);
  return POWERS[exponent]!;
}

const unsigned = (text: string): string => (text.charCodeAt(0) === 43 || text.charCodeAt(0) === 45 ? text.slice(1) : text);
const sign = (text: string): bigint => (text.charCodeAt(0) === 45 ? -1n : 1n);

/** A JavaScript number as plain decimal text, without an exponent. */
export function plainText(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, minus = '', first = '', rest = '', exponent = '0'] = match;
  const digits = first + rest;
  const shift = Number(exponent);
  return shift < 0 ? `${minus}0.${'0'.repeat(-shift - 1)}${digits}` : `${minus}${digits.padEnd(shift + 1, '0')}`;
}

/** -1, 0 or 1: the order of two numbers written in digits. */
export function compareDecimals(a: string, b: string): number {
  const scale = Math.max(a.split('.')[1]?.length ?? 0, b.split('.')[1]?.length ?? 0);
  const [x, y] = [parseScaled(a, scale), parseScaled(b, scale)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** A whole number of units of 10^-scale as text with that many decimals. */
export function scaledText(value: bigint, scale: number): string {
  if (scale === 0) return String(value);
  const unit = power(scale);
  const absolute = value < 0n ? -value : value;
  return `${value < 0n ? '-' : ''}${absolute / unit}.${String(absolute % unit).padStart(scale, '0')}`;
}
