// Values of Athena's results, which are all text, as every engine gives them.

/** A value of a column of that type; undefined text is NULL. */
export function resultValue(text: string | undefined, type: string): unknown {
  if (text === undefined) return null;
  if (type === 'bigint') return BigInt(text);
  if (/^(tinyint|smallint|integer|double|real)$/.test(type)) return Number(text);
  if (type === 'boolean') return text === 'true';
  if (type === 'varbinary') return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
  if (type.startsWith('timestamp')) return plainTime(text);
  return text;
}

/** `2018-05-01 10:00:00.500000 UTC` → `2018-05-01 10:00:00.5 UTC`: a fraction without the zeros at its end. */
function plainTime(text: string): string {
  const [, time = text, fraction = '', zone = ''] = /^(\d+-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d+?)0*)?( .+)?$/.exec(text) ?? [];
  return `${time}${/^0*$/.test(fraction) ? '' : `.${fraction}`}${zone}`;
}
