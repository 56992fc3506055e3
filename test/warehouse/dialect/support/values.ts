// Values of both engines in one form, so that they can be compared.

/** A value by its Athena type: numbers of doubles as numbers, everything else as text; instants in UTC. */
export function normal(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null;
  const element = /^array\((.*)\)$/.exec(type)?.[1];
  if (element !== undefined) return (value as unknown[]).map((each) => normal(each, element));
  if (type === 'double') return Number(value);
  if (type === 'real') return Math.fround(Number(value));
  if (type.startsWith('decimal')) return plainDecimal(String(value));
  if (type.endsWith('with time zone')) return instant(String(value));
  if (type.startsWith('timestamp')) return String(value).replace(/\.?0*$/, (zeros) => (zeros.startsWith('.') ? '' : zeros)).replace(/(\.\d*?)0+$/, '$1');
  return String(value);
}

/** Doubles are equal within 1e-9 of their size; all else exactly. */
export function equal(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, index) => equal(each, b[index]));
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  return Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

/** `decimal(10, 2)` and `varchar(5)` as `decimal(10,2)` and `varchar`. */
export const plainType = (type: string): string => type.replaceAll(', ', ',').replaceAll(/varchar\(\d+\)/g, 'varchar').toLowerCase();

function plainDecimal(text: string): string {
  const [whole = '', fraction = ''] = text.replace(/^(-?)\./, '$10.').split('.');
  const short = fraction.replace(/0+$/, '');
  const plain = short === '' ? whole : `${whole}.${short}`;
  return plain === '-0' ? '0' : plain;
}

/** `2026-01-01 05:00:00.5 America/New_York` and `2026-01-01 10:00:00.5+00` are `2026-01-01T10:00:00.500000Z`. */
function instant(text: string): string {
  const [, wall = '', fraction = '', zone = ''] = /^(.{19})(?:\.(\d+))? ?(.+)$/.exec(text) ?? [];
  const local = Date.parse(`${wall.replace(' ', 'T')}Z`);
  const ahead = zone === 'UTC' || zone === '+00' ? 0 : offsetAt(local, zone);
  return `${new Date(local - ahead).toISOString().slice(0, 19)}.${fraction.padEnd(6, '0')}Z`;
}

/** What a zone's clock that shows this is ahead of UTC; of two the earlier instant, as Trino writes no other. */
function offsetAt(local: number, zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone) ?? [];
  if (sign !== undefined) return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const clock = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
  const ahead = (time: number) => {
    const part = Object.fromEntries(clock.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part['year'] ?? 0, (part['month'] ?? 1) - 1, part['day'], part['hour'], part['minute'], part['second']) - time;
  };
  const day = 86_400_000;
  return [ahead(local - day), ahead(local + day)].find((each) => ahead(local - each) === each) ?? Number.NaN;
}
