// Requests checked against the one schema that the OpenAPI document shows.
import type { Static, TSchema } from '@sinclair/typebox';
import { TypeCompiler, type ValueError } from '@sinclair/typebox/compiler';
import { Problem, type InvalidField } from './problem.ts';

/** How many wrong fields an answer names. */
const MOST_ERRORS = 20;

/** Gives a check that returns the value, typed, or throws a Problem that names each wrong field and what is allowed there. */
export function validator<Schema extends TSchema>(schema: Schema, what = 'the body'): (value: unknown) => Static<Schema> {
  const compiled = TypeCompiler.Compile(schema);
  return (value) => {
    if (compiled.Check(value)) return value;
    const errors: InvalidField[] = [];
    for (const error of compiled.Errors(value)) {
      const pointer = error.path === '' ? '/' : error.path;
      // A field that is missing is told as missing and as of the wrong type: once is enough.
      if (!errors.some((told) => told.pointer === pointer)) errors.push({ pointer, detail: detailOf(error) });
      if (errors.length === MOST_ERRORS) break;
    }
    throw new Problem(400, 'Invalid request', `${what} is not what this route takes`, { errors });
  };
}

function detailOf({ message, schema, value }: ValueError): string {
  const plain = message.charAt(0).toLowerCase() + message.slice(1);
  const allowed = 'anyOf' in schema && Array.isArray(schema['anyOf'])
    ? (schema['anyOf'] as TSchema[]).map((one) => ('const' in one ? JSON.stringify(one['const']) : String(one['type'])))
    : [];
  const got = value === undefined ? 'it is missing' : `got ${shortened(value)}`;
  return `${plain}${allowed.length === 0 ? '' : `: one of ${allowed.join(', ')}`}; ${got}`;
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
