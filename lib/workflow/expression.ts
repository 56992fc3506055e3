// JSONata as Step Functions evaluates it: `{% … %}` strings, `$states`, variables, and the functions that the service adds.
import { createHash, randomUUID } from 'node:crypto';
import jsonata from 'jsonata';
import type { Json, Template } from './asl.ts';
import { StateFailure } from './failure.ts';

/** What `$states` holds while a field is evaluated. */
export interface StatesValue { input: Json; context: Json; result?: Json; errorOutput?: Json }

export type Variables = Readonly<Record<string, Json>>;

const compiled = new Map<string, jsonata.Expression>();

export function isExpression(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('{%') && value.endsWith('%}');
}

function sourceOf(expression: string): string {
  return expression.slice(2, -2).trim();
}

/** Compiles once; a syntax error says where it is. */
export function compile(expression: string): jsonata.Expression {
  const known = compiled.get(expression);
  if (known) return known;
  const made = jsonata(sourceOf(expression));
  // The functions Step Functions adds to JSONata; $eval is not allowed there.
  made.registerFunction('parse', (text: string) => JSON.parse(text) as unknown);
  made.registerFunction('uuid', () => randomUUID());
  made.registerFunction('hash', (text: string, algorithm: string) => createHash(algorithm.replace('-', '').toLowerCase()).update(text).digest('hex'));
  made.registerFunction('partition', (items: unknown[], size: number) => Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size)));
  made.registerFunction('range', (from: number, to: number, step: number) => Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step));
  compiled.set(expression, made);
  return made;
}

/** Evaluates one expression. An error, or no result at all, is `States.QueryEvaluationError`, as in the service. */
export async function evaluate(expression: string, states: StatesValue, variables: Variables): Promise<Json> {
  let result: unknown;
  try {
    result = await compile(expression).evaluate(undefined, { ...variables, states });
  } catch (thrown) {
    const message = (thrown as { message?: string }).message ?? String(thrown);
    throw new StateFailure('States.QueryEvaluationError', `${message} in ${expression}`);
  }
  if (result === undefined || typeof result === 'function') {
    throw new StateFailure('States.QueryEvaluationError', `${expression} gives no value`);
  }
  return JSON.parse(JSON.stringify(result)) as Json;
}

/** Evaluates every expression in a template, at any depth. */
export async function fill(template: Template, states: StatesValue, variables: Variables): Promise<Json> {
  if (isExpression(template)) return evaluate(template, states, variables);
  if (Array.isArray(template)) return Promise.all(template.map((part) => fill(part, states, variables)));
  if (template !== null && typeof template === 'object') {
    const filled = await Promise.all(Object.entries(template).map(async ([key, part]) => [key, await fill(part, states, variables)] as const));
    return Object.fromEntries(filled);
  }
  return template;
}
