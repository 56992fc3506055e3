// Numbers as XGBoost's typed JSON reader wants them: float arrays hold no integer token, parameters are strings.

/**
 * The shortest decimal that reads back as the same float32, always with a point or an exponent. Never more than nine digits: XGBoost up to 3.0 takes a
 * parameter with more of them, such as the base score 1000000000.0, for 0 without a word.
 */
export function floatText(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) throw new RangeError(`${value} is no finite float32`);
  if (single === 0) return Object.is(single, -0) ? '-0.0' : '0.0';
  for (let digits = 6; digits < 9; digits += 1) {
    const text = single.toPrecision(digits);
    if (Math.fround(Number(text)) === single) return pointed(Number(text));
  }
  return pointed(Number(single.toPrecision(9)));
}

function pointed(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e8 || size < 1e-5) return value.toExponential().replace('+', '');
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** An array of float32, as JSON. */
export function floatArray(values: Iterable<number>): string {
  const texts: string[] = [];
  for (const value of values) texts.push(floatText(value));
  return `[${texts.join(',')}]`;
}
