// An audit of a model as SQL: the placeholders of sql/audits/<name>.sql filled in.
import { MillraceError } from '../../base/index.ts';
import { quoteString } from '../dialect/index.ts';
import type { AuditUse, Model } from '../types.ts';
import { PLACEHOLDER, type AuditDefinition, type AuditParameter } from './definition.ts';
import { durationSeconds } from './uses.ts';

/** Tables other than the audited one that a model's audits read, sorted. */
export function auditTables(model: Pick<Model, 'audits'>, audits: ReadonlyMap<string, AuditDefinition>): string[] {
  const named = model.audits.flatMap(({ audit, args }) =>
    (audits.get(audit)?.parameters ?? []).filter(({ type }) => type === 'table').map(({ name }) => String(args[name])));
  return [...new Set(named)].sort();
}

/** What an audit is called in results: `not_null(segment)`, `reconciles(this: sum(a), with: silver.orders, sum: sum(b))`. */
export function auditLabel({ audit, args }: AuditUse): string {
  const entries = Object.entries(args);
  const text = (value: unknown): string => (Array.isArray(value) ? value.map(text).join(', ') : String(value));
  if (entries.length === 1 && entries[0] !== undefined) return `${audit}(${text(entries[0][1])})`;
  return entries.length === 0 ? audit : `${audit}(${entries.map(([name, value]) => `${name}: ${text(value)}`).join(', ')})`;
}

/** The SELECT that returns what is wrong with `model`, in Athena's dialect; its comment is left out, its lines are kept. */
export function renderAudit(use: AuditUse, definition: AuditDefinition, model: string): string {
  const fill = (text: string): string => text.replace(PLACEHOLDER, (_, name: string) => {
    if (name === 'model') return model;
    const parameter = definition.parameters.find((each) => each.name === name);
    if (parameter === undefined) throw new MillraceError('bad_input', `{{${name}}} is no parameter of audit ${definition.name}`, { where: definition.file });
    const given = use.args[name];
    return given === undefined ? fill(parameter.default ?? '') : written(parameter, given);
  });
  const [header = '', body = definition.sql] = splitHeader(definition.sql);
  return fill(header.replace(/[^\n]/g, '') + body);
}

function splitHeader(sql: string): [string, string] {
  const end = sql.indexOf('*/') + 2;
  return [sql.slice(0, end), sql.slice(end)];
}

function written({ type }: AuditParameter, value: unknown): string {
  const items = Array.isArray(value) ? (value as unknown[]) : [value];
  switch (type) {
    case 'values': return items.map((item) => (typeof item === 'string' ? quoteString(item) : String(item))).join(', ');
    case 'duration': return String(durationSeconds(String(value)) ?? 0);
    default: return items.map(String).join(', ');
  }
}
