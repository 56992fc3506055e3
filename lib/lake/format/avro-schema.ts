// Avro schemas as they stand in the header of a file, and readers compiled from them that project by Iceberg's field ids.
import { MillraceError } from '../../base/index.ts';
import { ByteReader } from './bytes.ts';

export type AvroSchema = string | AvroComplex | AvroSchema[];
export interface AvroComplex {
  type: string | AvroSchema;
  name?: string;
  namespace?: string;
  fields?: AvroField[];
  items?: AvroSchema;
  values?: AvroSchema;
  symbols?: string[];
  size?: number;
  logicalType?: string;
  precision?: number;
  scale?: number;
  'element-id'?: number;
  [attribute: string]: unknown;
}
export interface AvroField { name: string; type: AvroSchema; default?: unknown; doc?: string; 'field-id'?: number; [attribute: string]: unknown }

/** Name to give a field of that id in the object that is read; undefined: the field is skipped. A name that ends in `#` also keeps the field's bytes, under the name without it plus `Bytes`. */
export type NameOfField = (id: number | undefined, name: string) => string | undefined;

/** A map by integer that is decoded only where somebody asks: a plan looks at few columns of many files. */
export class AvroIntMap {
  private readonly buffer: Buffer;
  private readonly start: number;
  private readonly value: Codec;

  constructor(buffer: Buffer, start: number, value: Codec) {
    this.buffer = buffer;
    this.start = start;
    this.value = value;
  }

  get(key: number): unknown {
    const from = new ByteReader(this.buffer, this.start);
    for (let count = blockCount(from); count > 0; count = blockCount(from)) {
      for (let index = 0; index < count; index++) {
        if (from.int() === key) return this.value.read(from);
        this.value.skip(from);
      }
    }
    return undefined;
  }

  toObject(): Record<number, unknown> {
    const entries: Record<number, unknown> = {};
    const from = new ByteReader(this.buffer, this.start);
    for (let count = blockCount(from); count > 0; count = blockCount(from)) {
      for (let index = 0; index < count; index++) {
        const key = from.int();
        entries[key] = this.value.read(from);
      }
    }
    return entries;
  }
}

export type ReadValue = (from: ByteReader) => unknown;
export type SkipValue = (from: ByteReader) => void;
export interface Codec { read: ReadValue; skip: SkipValue }

const PRIMITIVES: Readonly<Record<string, Codec>> = {
  null: { read: () => null, skip: () => undefined },
  boolean: { read: (from) => from.boolean(), skip: (from) => void from.byte() },
  int: { read: (from) => from.int(), skip: skipVarint },
  long: { read: (from) => from.long(), skip: skipVarint },
  float: { read: (from) => from.float(), skip: (from) => from.skip(4) },
  double: { read: (from) => from.double(), skip: (from) => from.skip(8) },
  bytes: { read: (from) => from.bytes(), skip: skipBytes },
  string: { read: (from) => from.string(), skip: skipBytes },
};

function skipVarint(from: ByteReader): void {
  while (from.byte() >= 0x80);
}

function skipBytes(from: ByteReader): void {
  from.skip(from.int());
}

/**
 * Compiles a reader for values of a schema. Records become objects keyed by `nameOf`, arrays that stand for maps
 * (`logicalType: map`, records of an integer key and a value) become an `AvroIntMap`, longs become bigint.
 */
export function compileReader(schema: AvroSchema, nameOf: NameOfField): ReadValue {
  return compile(schema, nameOf, new Map()).read;
}

function compile(schema: AvroSchema, nameOf: NameOfField, named: Map<string, Codec>): Codec {
  if (typeof schema === 'string') {
    const codec = PRIMITIVES[schema] ?? named.get(schema);
    if (codec === undefined) throw malformed(`unknown type ${schema}`);
    return codec;
  }
  if (Array.isArray(schema)) return compileUnion(schema.map((branch) => compile(branch, nameOf, named)));
  const type = schema.type;
  if (typeof type !== 'string') return compile(type, nameOf, named);
  switch (type) {
    case 'record': return compileRecord(schema, nameOf, named);
    case 'array': return compileArray(schema, nameOf, named);
    case 'map': return compileMap(schema, named);
    case 'fixed': {
      const size = schema.size ?? 0;
      return register(schema, named, { read: (from) => from.raw(size), skip: (from) => from.skip(size) });
    }
    case 'enum': {
      const symbols = schema.symbols ?? [];
      return register(schema, named, { read: (from) => symbols[from.int()], skip: skipVarint });
    }
    default: return compile(type, nameOf, named);
  }
}

function register(schema: AvroComplex, named: Map<string, Codec>, codec: Codec): Codec {
  if (schema.name !== undefined) {
    named.set(schema.name, codec);
    if (schema.namespace !== undefined) named.set(`${schema.namespace}.${schema.name}`, codec);
  }
  return codec;
}

function compileUnion(branches: Codec[]): Codec {
  const branchOf = (from: ByteReader): Codec => {
    const branch = branches[from.int()];
    if (branch === undefined) throw malformed('a union points to a branch that it does not have');
    return branch;
  };
  return { read: (from) => branchOf(from).read(from), skip: (from) => branchOf(from).skip(from) };
}

interface Step { key: string | undefined; bytesKey: string | undefined; codec: Codec }

function compileRecord(schema: AvroComplex, nameOf: NameOfField, named: Map<string, Codec>): Codec {
  const steps: Step[] = [];
  const codec = register(schema, named, {
    read: (from) => {
      const record: Record<string, unknown> = {};
      for (const { key, bytesKey, codec: field } of steps) {
        if (key === undefined) field.skip(from);
        else {
          const start = from.position;
          record[key] = field.read(from);
          if (bytesKey !== undefined) record[bytesKey] = from.buffer.subarray(start, from.position);
        }
      }
      return record;
    },
    skip: (from) => {
      for (const step of steps) step.codec.skip(from);
    },
  });
  for (const field of schema.fields ?? []) {
    const name = nameOf(field['field-id'], field.name);
    const key = name?.replace(/#$/, '');
    steps.push({ key, bytesKey: name === key ? undefined : `${key}Bytes`, codec: compile(field.type, nameOf, named) });
  }
  return codec;
}

/** Entries of the next block of an array or map; 0 at the end. */
function blockCount(from: ByteReader): number {
  const count = from.int();
  if (count >= 0) return count;
  from.int(); // the block's size in bytes
  return -count;
}

function compileArray(schema: AvroComplex, nameOf: NameOfField, named: Map<string, Codec>): Codec {
  const items = schema.items ?? 'null';
  if (schema.logicalType === 'map' && typeof items === 'object' && !Array.isArray(items) && items.fields?.length === 2 && items.fields[0]?.type === 'int') {
    const value = compile(items.fields[1]?.type ?? 'null', nameOf, named);
    const skip: SkipValue = (from) => {
      for (let count = blockCount(from); count > 0; count = blockCount(from)) {
        for (let index = 0; index < count; index++) {
          skipVarint(from);
          value.skip(from);
        }
      }
    };
    const read: ReadValue = (from) => {
      const start = from.position;
      skip(from);
      return new AvroIntMap(from.buffer, start, value);
    };
    return { read, skip };
  }
  const item = compile(items, nameOf, named);
  const read: ReadValue = (from) => {
    const list: unknown[] = [];
    for (let count = blockCount(from); count > 0; count = blockCount(from)) {
      for (let index = 0; index < count; index++) list.push(item.read(from));
    }
    return list;
  };
  const skip: SkipValue = (from) => {
    for (let count = blockCount(from); count > 0; count = blockCount(from)) {
      for (let index = 0; index < count; index++) item.skip(from);
    }
  };
  return { read, skip };
}

function compileMap(schema: AvroComplex, named: Map<string, Codec>): Codec {
  const entry = compile({ type: 'array', items: { type: 'record', fields: [{ name: 'key', type: 'string' }, { name: 'value', type: schema.values ?? 'null' }] } }, (_id, name) => name, named);
  const read: ReadValue = (from) => Object.fromEntries((entry.read(from) as { key: string; value: unknown }[]).map(({ key, value }) => [key, value]));
  return { read, skip: entry.skip };
}

function malformed(what: string): MillraceError {
  return new MillraceError('bad_input', `not a readable Avro schema: ${what}`);
}
