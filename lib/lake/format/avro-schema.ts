// Avro schemas as they stand in the header of a file, and readers compiled from them that project by Iceberg's field ids.
import { MillraceError } from '../../base/index.ts';
import type { ByteReader } from './bytes.ts';

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

/** Name to give a field of that id in the object that is read; undefined: the field is skipped. */
export type NameOfField = (id: number | undefined, name: string) => string | undefined;

export type ReadValue = (from: ByteReader) => unknown;
export type SkipValue = (from: ByteReader) => void;
interface Codec { read: ReadValue; skip: SkipValue }

const PRIMITIVES: Readonly<Record<string, Codec>> = {
  null: { read: () => null, skip: () => undefined },
  boolean: { read: (from) => from.boolean(), skip: (from) => void from.byte() },
  int: { read: (from) => from.int(), skip: skipVarint },
  long: { read: (from) => from.long(), skip: skipVarint },
  float: { read: (from) => from.float(), skip: (from) => void from.raw(4) },
  double: { read: (from) => from.double(), skip: (from) => void from.raw(8) },
  bytes: { read: (from) => from.bytes(), skip: (from) => void from.bytes() },
  string: { read: (from) => from.string(), skip: (from) => void from.bytes() },
};

function skipVarint(from: ByteReader): void {
  while (from.byte() >= 0x80);
}

/**
 * Compiles a reader for values of a schema. Records become objects keyed by `nameOf`, arrays that stand for maps
 * (`logicalType: map`, records of key and value) become plain objects keyed by the key, longs become bigint.
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
    case 'map': return compileMap(schema, nameOf, named);
    case 'fixed': {
      const size = schema.size ?? 0;
      return register(schema, named, { read: (from) => from.raw(size), skip: (from) => void from.raw(size) });
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

function compileRecord(schema: AvroComplex, nameOf: NameOfField, named: Map<string, Codec>): Codec {
  const steps: { key: string | undefined; codec: Codec }[] = [];
  const codec = register(schema, named, {
    read: (from) => {
      const record: Record<string, unknown> = {};
      for (const step of steps) {
        if (step.key === undefined) step.codec.skip(from);
        else record[step.key] = step.codec.read(from);
      }
      return record;
    },
    skip: (from) => {
      for (const step of steps) step.codec.skip(from);
    },
  });
  for (const field of schema.fields ?? []) {
    steps.push({ key: nameOf(field['field-id'], field.name), codec: compile(field.type, nameOf, named) });
  }
  return codec;
}

function eachBlockItem(from: ByteReader, visit: () => void): void {
  for (let count = from.int(); count !== 0; count = from.int()) {
    if (count < 0) {
      count = -count;
      from.int(); // the block's size in bytes
    }
    for (let index = 0; index < count; index++) visit();
  }
}

function compileArray(schema: AvroComplex, nameOf: NameOfField, named: Map<string, Codec>): Codec {
  const items = schema.items ?? 'null';
  const skipItem = compile(items, nameOf, named).skip;
  const skip: SkipValue = (from) => eachBlockItem(from, () => skipItem(from));
  if (schema.logicalType === 'map' && typeof items === 'object' && !Array.isArray(items) && items.fields?.length === 2) {
    const [key, value] = items.fields.map((field) => compile(field.type, nameOf, named)) as [Codec, Codec];
    const read: ReadValue = (from) => {
      const entries: Record<string, unknown> = {};
      eachBlockItem(from, () => {
        const name = key.read(from) as string | number;
        entries[name] = value.read(from);
      });
      return entries;
    };
    return { read, skip };
  }
  const readItem = compile(items, nameOf, named).read;
  const read: ReadValue = (from) => {
    const list: unknown[] = [];
    eachBlockItem(from, () => list.push(readItem(from)));
    return list;
  };
  return { read, skip };
}

function compileMap(schema: AvroComplex, nameOf: NameOfField, named: Map<string, Codec>): Codec {
  const value = compile(schema.values ?? 'null', nameOf, named);
  const read: ReadValue = (from) => {
    const entries: [string, unknown][] = [];
    eachBlockItem(from, () => entries.push([from.string(), value.read(from)]));
    return Object.fromEntries(entries);
  };
  const skip: SkipValue = (from) => eachBlockItem(from, () => {
    from.bytes();
    value.skip(from);
  });
  return { read, skip };
}

function malformed(what: string): MillraceError {
  return new MillraceError('bad_input', `not a readable Avro schema: ${what}`);
}
