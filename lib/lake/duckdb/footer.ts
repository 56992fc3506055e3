// The schema of a Parquet file, from its footer (https://github.com/apache/parquet-format, FileMetaData).
//
// DuckDB reads a file that has no field ids as NULL in every column and matches nested fields by name, both without a word. So what a
// file really holds is looked up before it is read.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { MillraceError, messageOf } from '../../base/index.ts';
import { ThriftReader } from './thrift.ts';

/** A field as a file has it. Lists have one child, the element; maps two, key and value; the groups between them are left out. */
export interface FileField {
  name: string;
  id: number | undefined;
  kind: 'primitive' | 'struct' | 'list' | 'map';
  children: FileField[];
  /** Whether bytes are marked as text. */
  isText: boolean;
  /** Whether it holds floating-point numbers of 32 bits. */
  isFloat: boolean;
  /** Physical and logical type as one text, equal for equal types. */
  type: string;
}

export interface FileSchema {
  fields: FileField[];
  rowCount: number;
  /** Equal for files of equal schemas, ids and types included. */
  signature: string;
}

interface Element {
  name: string; id: number | undefined; childCount: number; repetition: number; converted: number; logical: number; physical: number; shape: string;
}

const REPEATED = 2;
const PHYSICAL_FLOAT = 4;
const CONVERTED_UTF8 = 0;
const CONVERTED_MAPS = [1, 2];
const CONVERTED_LIST = 3;
const LOGICAL_STRING = 1;
const LOGICAL_MAP = 2;
const LOGICAL_LIST = 3;

const TAIL_BYTES = 8;
/** Most footers fit; of a longer one the schema, which comes first, usually does. */
const FIRST_READ = 64 * 1024;
const REMEMBERED_FILES = 50_000;

const remembered = new Map<string, FileSchema>();

/** The schema of a local file. Data files never change, so it is read once in a process. */
export function readFileSchema(path: string): FileSchema {
  const known = remembered.get(path);
  if (known !== undefined) return known;
  const schema = parseFooter(path);
  if (remembered.size >= REMEMBERED_FILES) remembered.clear();
  remembered.set(path, schema);
  return schema;
}

function parseFooter(path: string): FileSchema {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const size = fstatSync(file).size;
    const tail = readAt(file, Math.max(0, size - FIRST_READ), Math.min(size, FIRST_READ));
    if (tail.subarray(-4).toString('latin1') !== 'PAR1') throw new MillraceError('bad_input', 'this is not a Parquet file', { where: path });
    const length = tail.readUInt32LE(tail.length - TAIL_BYTES);
    const footer = length + TAIL_BYTES <= tail.length
      ? tail.subarray(tail.length - TAIL_BYTES - length, tail.length - TAIL_BYTES)
      : readAt(file, size - TAIL_BYTES - length, length);
    return parseFileMetaData(footer);
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('io', `the footer of a data file cannot be read: ${messageOf(cause)}`, { where: path, cause });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readAt(file: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const count = readSync(file, bytes, read, length - read, offset + read);
    if (count === 0) throw new RangeError('the file ends early');
    read += count;
  }
  return bytes;
}

/** The beginning of the last footer read, up to the end of its schema: files of one table mostly begin alike, byte by byte. */
let lastSchema: { bytes: Buffer; fields: FileField[]; signature: string } | undefined;

function parseFileMetaData(footer: Buffer): FileSchema {
  const isKnown = lastSchema !== undefined && footer.subarray(0, lastSchema.bytes.length).equals(lastSchema.bytes);
  const known = isKnown ? lastSchema : undefined;
  const reader = new ThriftReader(footer);
  let elements: Element[] = [];
  let schemaEnd = 0;
  let rowCount = 0;
  reader.readStruct((field) => {
    switch (field) {
      case 2:
        if (known === undefined) elements = reader.readList(() => readElement(reader));
        else reader.skipTo(known.bytes.length);
        schemaEnd = reader.position;
        return 'read';
      case 3: rowCount = reader.readInteger(); return 'stop'; // what follows are the row groups, and they are long
      default: return 'skip';
    }
  });
  if (known !== undefined) return { fields: known.fields, signature: known.signature, rowCount };
  const fields = fieldsOf(elements);
  const signature = fields.map(signatureOf).join(';');
  lastSchema = { bytes: Buffer.from(footer.subarray(0, schemaEnd)), fields, signature };
  return { fields, signature, rowCount };
}

function readElement(reader: ThriftReader): Element {
  const element: Element = { name: '', id: undefined, childCount: 0, repetition: 0, converted: -1, logical: -1, physical: -1, shape: '' };
  const shape = [0, 0, 0]; // length, scale, precision
  reader.readStruct((field) => {
    switch (field) {
      case 1: element.physical = reader.readInteger(); break;
      case 2: shape[0] = reader.readInteger(); break;
      case 3: element.repetition = reader.readInteger(); break;
      case 4: element.name = reader.readText(); break;
      case 5: element.childCount = reader.readInteger(); break;
      case 6: element.converted = reader.readInteger(); break;
      case 7: shape[1] = reader.readInteger(); break;
      case 8: shape[2] = reader.readInteger(); break;
      case 9: element.id = reader.readInteger(); break;
      case 10: reader.readStruct((kind) => {
        element.logical = kind;
        return 'skip';
      }); break;
      default: return 'skip';
    }
    return 'read';
  });
  element.shape = shape.join(',');
  return element;
}

/** The elements stand in depth-first order, the root first. */
function fieldsOf(elements: readonly Element[]): FileField[] {
  let at = 1;
  const take = (): FileField => {
    const element = elements[at] as Element;
    at += 1;
    const children = Array.from({ length: element.childCount }, take);
    return asField(element, children);
  };
  return Array.from({ length: elements[0]?.childCount ?? 0 }, take);
}

function asField(element: Element, children: FileField[]): FileField {
  const base = {
    name: element.name,
    id: element.id,
    isText: element.converted === CONVERTED_UTF8 || element.logical === LOGICAL_STRING,
    isFloat: element.physical === PHYSICAL_FLOAT,
  };
  const type = `${element.physical}/${element.converted}/${element.logical}/${element.shape}/${element.repetition === REPEATED ? 'r' : ''}`;
  const [child] = children;
  if (child === undefined) return { ...base, kind: 'primitive', children, type };
  if (element.logical === LOGICAL_LIST || element.converted === CONVERTED_LIST) return { ...base, kind: 'list', children: [elementOf(element, child)], type };
  if (element.logical === LOGICAL_MAP || CONVERTED_MAPS.includes(element.converted)) return { ...base, kind: 'map', children: child.children, type };
  return { ...base, kind: 'struct', children, type };
}

/** The repeated group inside a list stands for the list itself, unless it is the element of an old two-level list. */
function elementOf(list: Element, repeated: FileField): FileField {
  const [only, another] = repeated.children;
  const isTwoLevel = only === undefined || another !== undefined || repeated.name === 'array' || repeated.name === `${list.name}_tuple`;
  return isTwoLevel ? repeated : only;
}

function signatureOf(field: FileField): string {
  return `${JSON.stringify(field.name)}#${field.id ?? ''}:${field.kind}:${field.type}(${field.children.map(signatureOf).join(',')})`;
}
