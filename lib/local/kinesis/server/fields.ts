// What a call's fields may be, and what the service says where they are not.
import { KinesisError } from '../errors.ts';
import { readTime } from './protocol.ts';

interface Rule {
  kind: 'string' | 'integer' | 'boolean' | 'time' | 'data' | 'list' | 'map' | 'structure';
  required?: true;
  /** Least and greatest length of a text or list, or value of a number. */
  min?: number;
  max?: number;
  pattern?: string;
  oneOf?: readonly string[];
  /** Of a structure. */
  fields?: Rules;
}

export type Rules = Readonly<Record<string, Rule>>;

/** What a call holds once its fields are known to be right; times in milliseconds since 1970. */
export type Input = Readonly<Record<string, unknown>>;

export const text = (limits: Omit<Rule, 'kind'> = {}): Rule => ({ kind: 'string', ...limits });
export const integer = (limits: Omit<Rule, 'kind'> = {}): Rule => ({ kind: 'integer', ...limits });
export const structure = (fields: Rules, limits: Omit<Rule, 'kind'> = {}): Rule => ({ kind: 'structure', fields, ...limits });

const NAME = '[a-zA-Z0-9_.-]+';
const ARN = String.raw`arn:aws.*:kinesis:.*:\d{12}:stream/\S+`;
export const streamName = (limits: Omit<Rule, 'kind'> = {}): Rule => text({ min: 1, max: 128, pattern: NAME, ...limits });
export const streamArn = (limits: Omit<Rule, 'kind'> = {}): Rule => text({ min: 1, max: 2048, pattern: ARN, ...limits });
export const shardId = (limits: Omit<Rule, 'kind'> = {}): Rule => text({ min: 1, max: 128, pattern: NAME, ...limits });
export const aStream: Rules = { StreamName: streamName(), StreamARN: streamArn() };

/** @throws KinesisError `SerializationException` for wrong types, `ValidationException` naming all that is wrong. */
export function checkInput(input: unknown, rules: Rules): Input {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new KinesisError('SerializationException', 'The body is not a structure.');
  const wrong: string[] = [];
  const checked = checkFields(input as Record<string, unknown>, rules, '', wrong);
  if (wrong.length > 0)
    throw new KinesisError('ValidationException', `${wrong.length} validation error${wrong.length === 1 ? '' : 's'} detected: ${wrong.join('; ')}`);
  return checked;
}

function checkFields(input: Record<string, unknown>, rules: Rules, prefix: string, wrong: string[]): Record<string, unknown> {
  const checked: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const place = `${prefix}${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    const value = Object.hasOwn(input, name) ? input[name] : undefined;
    if (value === undefined || value === null) {
      if (rule.required) wrong.push(`Value null at '${place}' failed to satisfy constraint: Member must not be null`);
      continue;
    }
    checked[name] = checkValue(value, rule, place, wrong);
  }
  return checked;
}

function checkValue(value: unknown, rule: Rule, place: string, wrong: string[]): unknown {
  const fail = (constraint: string) => wrong.push(`Value '${shown(value)}' at '${place}' failed to satisfy constraint: ${constraint}`);
  switch (rule.kind) {
    case 'string': {
      if (typeof value !== 'string') throw mistyped(value, 'String');
      checkSize(value.length, rule, 'length', fail);
      if (rule.pattern !== undefined && !new RegExp(`^(?:${rule.pattern})$`).test(value))
        fail(`Member must satisfy regular expression pattern: ${rule.pattern}`);
      if (rule.oneOf !== undefined && !rule.oneOf.includes(value)) fail(`Member must satisfy enum value set: [${rule.oneOf.join(', ')}]`);
      return value;
    }
    case 'integer': {
      const number = typeof value === 'bigint' ? Number(value) : value;
      if (typeof number !== 'number') throw mistyped(value, 'Integer');
      checkSize(Math.trunc(number), rule, 'value', fail);
      return Math.trunc(number);
    }
    case 'boolean':
      if (typeof value !== 'boolean') throw mistyped(value, 'Boolean');
      return value;
    case 'time': {
      const time = readTime(value);
      if (time === undefined) throw mistyped(value, 'Timestamp');
      return time;
    }
    case 'data':
      if (typeof value !== 'string' && !(value instanceof Uint8Array)) throw mistyped(value, 'Blob');
      return value;
    case 'list':
      if (!Array.isArray(value)) throw mistyped(value, 'List');
      checkSize(value.length, rule, 'length', fail);
      return value;
    case 'map':
    case 'structure':
      if (typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array) throw mistyped(value, 'Structure');
      return rule.fields === undefined ? value : checkFields(value as Record<string, unknown>, rule.fields, `${place}.`, wrong);
  }
}

function checkSize(size: number, { min, max }: Rule, what: string, fail: (constraint: string) => void): void {
  if (min !== undefined && size < min) fail(`Member must have ${what} greater than or equal to ${min}`);
  if (max !== undefined && size > max) fail(`Member must have ${what} less than or equal to ${max}`);
}

/** The service's words for a value of another type. */
export function mistyped(value: unknown, wanted: string): KinesisError {
  if (Array.isArray(value)) return new KinesisError('SerializationException', 'Start of list found where not expected');
  if (typeof value === 'object') return new KinesisError('SerializationException', 'Start of structure or map found where not expected.');
  const found = typeof value === 'string' ? 'STRING_VALUE' : typeof value === 'boolean' ? `${String(value).toUpperCase()}_VALUE` : 'NUMBER_VALUE';
  return new KinesisError('SerializationException', `${found} cannot be converted to ${wanted}`);
}

function shown(value: unknown): string {
  const all = typeof value === 'string' ? value : String(JSON.stringify(value));
  return all.length > 200 ? `${all.slice(0, 200)}…` : all;
}
