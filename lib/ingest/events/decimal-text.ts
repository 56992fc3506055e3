// Numbers of JSON as digits without an exponent, none of them lost.

/** Beyond this no column holds a number, and writing out its zeros would only cost memory. */
const LARGEST_EXPONENT = 400;

/** The digits of a JSON number as they were sent; those with an exponent are written out (`1.5e3` → `1500`). undefined: too far from one for that. */
export function decimalText(json: string): string | undefined {
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(json);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponentText] = match;
  const isZero = !/[1-9]/.test(whole + fraction);
  if (exponentText === undefined) return isZero && sign !== '' ? json.slice(1) : json;
  const exponent = Number(exponentText);
  if (isZero) return '0';
  if (Math.abs(exponent) > LARGEST_EXPONENT) return undefined;
  const point = whole.length + exponent;
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + (digits + '0'.repeat(point - digits.length)).replace(/^0+(?=[0-9])/, '');
  return `${sign}${digits.slice(0, point).replace(/^0+(?=[0-9])/, '')}.${digits.slice(point)}`;
}
