// Fingerprints: whether a table would come out as it is, told from everything that decides its rows.
import { createHash } from 'node:crypto';
import { parametersOf } from '../dialect/index.ts';
import type { Model, Parameters } from '../types.ts';

/** Raised when the code computes or writes a table differently, so that every model runs again. */
const CODE_FORMAT_VERSION = 1;

/** SHA-256 of a value's canonical JSON (keys sorted), in hex. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === 'bigint') return item.toString();
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** The SQL without comments and without differences of white space: what a change of layout leaves as it is. */
export function normalisedSql(sql: string): string {
  return sql
    .replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\/\*[\s\S]*?\*\/|--[^\n]*/g, (part) => (part.startsWith('/*') || part.startsWith('--') ? ' ' : part))
    .replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\s+/g, (part) => (part.trim() === '' ? ' ' : part))
    .trim();
}

/**
 * What a model is, apart from the rows that it reads: its SQL with the typed SELECTs behind `source.<name>` written out, the header's say
 * in its rows, files and audits, and the version of this code. Descriptions and the owner may change without a run.
 */
export function definitionFingerprint(model: Model, expandedSql: string): string {
  const { kind, key, partitionBy, sortBy, time, lookback, changes, audits } = model;
  return hashOf({ version: CODE_FORMAT_VERSION, sql: normalisedSql(expandedSql), kind, key, partitionBy, sortBy, time, lookback, changes, audits });
}

/** The parameters that the SQL uses, and their values: others do not decide its rows. `from` and `to` only say which part is computed. */
export function parametersUsed(model: Model, parameters: Parameters): Record<string, string> {
  const names = parametersOf(model.sql, model.file).filter((name) => name !== 'from' && name !== 'to').sort();
  return Object.fromEntries(names.map((name) => [name, String(parameters[name]?.value ?? '')]));
}
