// Requests checked against the one schema that the OpenAPI document shows.
import { FormatRegistry, type Static, type TSchema } from '@sinclair/typebox';
import { TypeCompiler, ValueErrorType, type ValueError } from '@sinclair/typebox/compiler';
import { FORMATS } from './formats.ts';
import { Problem, type InvalidField } from './problem.ts';

/** How many wrong fields an answer names. */
const MOST_ERRORS = 20;
/** How much of a wrong value it shows. */
const MOST_CHARACTERS = 60;

for (const [name, { holds }] of Object.entries(FORMATS)) FormatRegistry.Set(name, holds);

/** Gives a check that returns the value, typed, or throws a Problem that names each wrong field and what is allowed there. */
export function validator<Schema extends TSchema>(schema: Schema, what = 'the body'): (value: unknown) => Static<Schema> {
  const compiled = TypeCompiler.Compile(schema);
  return (value) => {
    if (compiled.Check(value)) return value;
    const errors: InvalidField[] = [];
    const told = new Set<string>();
    for (const error of compiled.Errors(value)) {
      // A field that is missing is told as missing and as of the wrong type: once is enough.
      if (told.has(error.path)) continue;
      told.add(error.path);
      errors.push({ pointer: error.path, detail: detailOf(error) });
      if (errors.length === MOST_ERRORS) break;
    }
    throw new Problem(400, 'Invalid request', `${what} is not what this route takes`, { errors });
  };
}

function detailOf({ type, message, schema, value, path }: ValueError): string {
  // Its schema is that of the object around it.
  if (type === ValueErrorType.ObjectAdditionalProperties) return `unexpected property; there are ${Object.keys(schema['properties'] as object).join(', ') || 'none'}`;
  const allowed = 'anyOf' in schema && Array.isArray(schema['anyOf']) ? [...new Set((schema['anyOf'] as TSchema[]).map(nameOf))] : [];
  const format = FORMATS[String(schema['format'])];
  const expected = allowed.length > 0 ? `expected one of ${allowed.join(', ')}` : format !== undefined ? `expected ${format.says}` : message.charAt(0).toLowerCase() + message.slice(1);
  const got = value === undefined ? 'it is missing' : `got ${shown(value)}`;
  // Of the whole body the description says in words what it is.
  return `${expected}${path === '' && schema.description !== undefined ? ` (${schema.description.replace(/\.$/, '')})` : ''}; ${got}`;
}

function nameOf(schema: TSchema): string {
  return 'const' in schema ? JSON.stringify(schema['const']) : String(schema['type']);
}

/** The beginning of a value as JSON. However deep or long it is, only that much of it is looked at. */
function shown(value: unknown): string {
  const text = beginningOf(value, MOST_CHARACTERS + 1);
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS - 3)}…`;
}

function beginningOf(value: unknown, most: number): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number that is too large';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, most));
  if (typeof value !== 'object' || value === null) return String(value);
  const isList = Array.isArray(value);
  let text = isList ? '[' : '{';
  for (const [key, part] of isList ? value.entries() : Object.entries(value as object)) {
    if (text.length >= most) return text;
    if (text.length > 1) text += ',';
    if (!isList) text += `${JSON.stringify(String(key).slice(0, most))}:`;
    text += beginningOf(part, Math.max(0, most - text.length));
  }
  return text + (isList ? ']' : '}');
}
