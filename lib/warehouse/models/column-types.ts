// Athena's column types as Iceberg's, and back; and which changes of a type keep the rows that are there.
import { MillraceError } from '../../base/index.ts';
import type { IcebergType, PrimitiveType } from '../../lake/index.ts';
import type { ResultColumn } from '../types.ts';

const PLAIN: Readonly<Record<string, PrimitiveType>> = {
  boolean: 'boolean', tinyint: 'int', smallint: 'int', int: 'int', integer: 'int', bigint: 'long', real: 'float', float: 'float',
  double: 'double', varchar: 'string', string: 'string', char: 'string', varbinary: 'binary', binary: 'binary', date: 'date',
  timestamp: 'timestamp', uuid: 'uuid',
};

/**
 * `decimal(18,4)` → `decimal(18,4)`, `varchar` → `string`, `timestamp(6)` → `timestamp`. Parts of lists, maps and rows have no ids yet: 0.
 * Throws `unsupported` for a type that a table cannot hold.
 */
export function icebergTypeOf({ name, type }: ResultColumn): IcebergType {
  const reader = new TypeReader(type.trim().toLowerCase());
  const read = reader.read();
  if (read !== undefined && reader.atEnd) return read;
  throw new MillraceError('unsupported', `column ${name} has type ${type}, which a table cannot hold`, {
    todo: 'Cast it: CAST(… AS varchar), bigint, double, decimal(p, s), date, timestamp(6), boolean or varbinary.',
  });
}

class TypeReader {
  private rest: string;

  constructor(text: string) {
    this.rest = text;
  }

  get atEnd(): boolean {
    return this.rest.trim() === '';
  }

  read(): IcebergType | undefined {
    const decimal = this.take(/^decimal\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)/);
    if (decimal !== undefined) return `decimal(${Number(decimal[1])},${Number(decimal[2] ?? 0)})`;
    const timestamp = this.take(/^timestamp(?:\((\d+)\))?( with time zone)?/);
    if (timestamp !== undefined) return Number(timestamp[1] ?? 6) > 6 ? undefined : timestamp[2] === undefined ? 'timestamp' : 'timestamptz';
    const sized = this.take(/^(?:varchar|char)\(\d+\)/);
    if (sized !== undefined) return 'string';
    if (this.take(/^(?:array|list)[(<]/) !== undefined) return this.list();
    if (this.take(/^map[(<]/) !== undefined) return this.map();
    if (this.take(/^(?:row|struct)[(<]/) !== undefined) return this.row();
    const plain = this.take(/^[a-z]+/);
    return plain === undefined ? undefined : PLAIN[plain[0]];
  }

  private list(): IcebergType | undefined {
    const element = this.read();
    return element === undefined || this.take(/^[)>]/) === undefined ? undefined
      : { type: 'list', 'element-id': 0, element, 'element-required': false };
  }

  private map(): IcebergType | undefined {
    const key = this.read();
    const comma = this.take(/^,/);
    const value = this.read();
    if (key === undefined || comma === undefined || value === undefined || this.take(/^[)>]/) === undefined) return undefined;
    return { type: 'map', 'key-id': 0, key, 'value-id': 0, value, 'value-required': false };
  }

  private row(): IcebergType | undefined {
    const fields = [];
    do {
      const name = this.take(/^"?([a-z_][a-z0-9_]*)"?\s*:?/)?.[1];
      const type = name === undefined ? undefined : this.read();
      if (name === undefined || type === undefined) return undefined;
      fields.push({ id: 0, name, required: false, type });
    } while (this.take(/^,/) !== undefined);
    return this.take(/^[)>]/) === undefined ? undefined : { type: 'struct', fields };
  }

  private take(pattern: RegExp): RegExpExecArray | undefined {
    const text = this.rest.trimStart();
    const match = pattern.exec(text);
    if (match === null) return undefined;
    this.rest = text.slice(match[0].length);
    return match;
  }
}

const ATHENA: Readonly<Record<string, string>> = {
  int: 'integer', long: 'bigint', float: 'real', string: 'varchar', binary: 'varbinary', timestamp: 'timestamp(6)',
  timestamptz: 'timestamp(6) with time zone', time: 'time(6)',
};

/** What Athena calls a type of a table. */
export function athenaTypeOf(type: IcebergType): string {
  if (typeof type === 'string') return type.startsWith('fixed') ? 'varbinary' : (ATHENA[type] ?? type);
  switch (type.type) {
    case 'list': return `array(${athenaTypeOf(type.element)})`;
    case 'map': return `map(${athenaTypeOf(type.key)}, ${athenaTypeOf(type.value)})`;
    case 'struct': return `row(${type.fields.map(({ name, type: field }) => `${name} ${athenaTypeOf(field)}`).join(', ')})`;
  }
}

/** Types that say the same, whatever ids their parts have. */
export function sameType(a: IcebergType, b: IcebergType): boolean {
  return athenaTypeOf(a) === athenaTypeOf(b);
}

/** Changes of a type that Iceberg makes without touching a row: int → long, float → double, a decimal of more digits at the same scale. */
export function isWidening(from: IcebergType, to: IcebergType): boolean {
  if (typeof from !== 'string' || typeof to !== 'string') return false;
  if ((from === 'int' && to === 'long') || (from === 'float' && to === 'double')) return true;
  const [fromDigits, toDigits] = [decimalOf(from), decimalOf(to)];
  return fromDigits !== undefined && toDigits !== undefined && fromDigits.scale === toDigits.scale && fromDigits.precision < toDigits.precision;
}

function decimalOf(type: PrimitiveType): { precision: number; scale: number } | undefined {
  const match = /^decimal\((\d+),(\d+)\)$/.exec(type);
  return match === null ? undefined : { precision: Number(match[1]), scale: Number(match[2]) };
}
