// Values as texts that are equal for equal values, whichever engine they came from.
import { decimalShape, type IcebergType, type Schema } from '../../../lib/lake/index.ts';

/** A value as text, or nested lists of such; NULL is null. Structs are lists of their members, maps lists of [key, value] by key. */
export type Canonical = null | string | Canonical[];

/** Where an engine cannot say NULL: chDB has no NULL lists, maps and structs. */
export interface Abilities { nullNested: boolean }

const FULL: Abilities = { nullNested: true };

/** Of a value as our reader, Trino's protocol or chDB's JSON give it. */
export function canonical(type: IcebergType, value: unknown, abilities: Abilities = FULL): Canonical {
  if (value === null || value === undefined) return abilities.nullNested || typeof type === 'string' ? null : emptyOf(type);
  if (typeof type === 'string') return canonicalText(type, value);
  switch (type.type) {
    case 'list': return (value as unknown[]).map((each) => canonical(type.element, each, abilities));
    case 'struct': {
      const members = Array.isArray(value) ? value as unknown[] : type.fields.map((field) => (value as Record<string, unknown>)[field.name]);
      return type.fields.map((field, at) => canonical(field.type, members[at], abilities));
    }
    case 'map': {
      const entries: [unknown, unknown][] = Array.isArray(value)
        ? (value as { key: unknown; value: unknown }[]).map((each) => [each.key, each.value])
        : Object.entries(value as Record<string, unknown>);
      return sortedEntries(entries.map(([key, each]) => [canonical(type.key, key, abilities), canonical(type.value, each, abilities)]));
    }
  }
}

function emptyOf(type: Exclude<IcebergType, string>): Canonical {
  return type.type === 'struct' ? type.fields.map((field) => canonical(field.type, null, { nullNested: false })) : [];
}

function sortedEntries(entries: Canonical[][]): Canonical[][] {
  return entries.sort((left, right) => (String(left[0]) < String(right[0]) ? -1 : 1));
}

function canonicalText(type: string, value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  switch (type) {
    case 'float': return floatText(Math.fround(numberOf(value)));
    case 'double': return floatText(numberOf(value));
    case 'timestamp': case 'timestamptz': return withMicros(String(value).replace(/^(\d+-\d+-\d+)T/, '$1 ').replace(/(?: UTC|\+00(?::00)?|Z)$/, ''));
    case 'time': return withMicros(String(value));
    case 'binary': return String(value).toLowerCase(); // hexadecimal
    default: return decimalShape(type) === undefined ? String(value) : withFraction(String(value), decimalShape(type)?.scale ?? 0);
  }
}

function withFraction(text: string, scale: number): string {
  const [whole = '', fraction = ''] = text.split('.');
  return scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, '0')}`;
}

function numberOf(value: unknown): number {
  switch (value) {
    case 'inf': return Infinity;
    case '-inf': return -Infinity;
    case 'nan': return NaN;
    default: return Number(value);
  }
}

/** Engines do not agree to keep the sign of zero. */
function floatText(value: number): string {
  return String(value === 0 ? 0 : value);
}

function withMicros(text: string): string {
  return withFraction(text, 6);
}

/** Floats come from Python as their own repr. */
export function canonicalOfPython(type: IcebergType, value: Canonical, abilities: Abilities = FULL): Canonical {
  if (value === null || typeof value === 'string') return canonical(type, value, abilities);
  if (typeof type === 'string') throw new Error(`a list is no ${type}`);
  switch (type.type) {
    case 'list': return value.map((each) => canonicalOfPython(type.element, each, abilities));
    case 'struct': return type.fields.map((field, at) => canonicalOfPython(field.type, value[at] ?? null, abilities));
    case 'map': return sortedEntries((value as Canonical[][]).map(([key = null, each = null]) =>
      [canonicalOfPython(type.key, key, abilities), canonicalOfPython(type.value, each, abilities)]));
  }
}

/** Rows in the order of their first column. */
export function canonicalRows(schema: Schema, rows: readonly (readonly unknown[])[], of: typeof canonical = canonical, abilities: Abilities = FULL): Canonical[][] {
  return rows.map((row) => schema.fields.map((field, at) => of(field.type, row[at] as never, abilities)))
    .sort((left, right) => Number(left[0]) - Number(right[0]));
}

/** The first difference between rows in the same order, said in one line; undefined where there is none. */
export function firstDifference(schema: Schema, theirs: readonly Canonical[][], ours: readonly Canonical[][]): string | undefined {
  if (theirs.length !== ours.length) return `${theirs.length} rows instead of ${ours.length}`;
  for (const [at, row] of ours.entries()) {
    for (const [column, field] of schema.fields.entries()) {
      const [expected, found] = [JSON.stringify(row[column]), JSON.stringify(theirs[at]?.[column])];
      if (expected !== found) return `row ${row[0]}, column ${field.name}: ${found} instead of ${expected}`;
    }
  }
  return undefined;
}
