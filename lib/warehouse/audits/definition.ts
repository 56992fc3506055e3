// An audit: a file under sql/audits whose SELECT returns what is wrong, with typed `{{parameters}}`.
import type { Problems } from '../models/problem.ts';
import { readHeader, type HeaderMap } from '../models/header-yaml.ts';

/**
 * column: a column of the audited table · columns: several · table: a logical name · expression: SQL · values: a list of literals ·
 * number · duration: `36h`, given to the SQL in seconds · word: a bare word, such as a unit of time
 */
const PARAMETER_TYPES = ['column', 'columns', 'table', 'expression', 'values', 'number', 'duration', 'word'] as const;
export type AuditParameterType = (typeof PARAMETER_TYPES)[number];

export interface AuditParameter { name: string; type: AuditParameterType; description: string; optional: boolean; default?: string }

export interface AuditDefinition {
  /** The file's name: `not_null`. */
  name: string;
  file: string;
  description: string;
  /** In the file's order; a lone argument in a header belongs to the first. */
  parameters: readonly AuditParameter[];
  /** The file, header and all. `{{model}}` is the audited table as it will be after publication. */
  sql: string;
}

/** `{{name}}` in an audit's SQL. */
export const PLACEHOLDER = /\{\{\s*([a-z_]+)\s*\}\}/g;

/** Reads one audit; what is wrong goes to `problems`. */
export function readAudit(file: string, name: string, sql: string, problems: Problems): AuditDefinition | undefined {
  const header = readHeader(file, sql, problems);
  if (header === undefined) return undefined;
  header.refuseOthers(['description', 'parameters'], `audit ${name}`);
  const description = header.required('description', 'say what a row that it returns means');
  const declared = header.child('parameters');
  const parameters = (declared?.keys ?? []).flatMap((key) => readParameter(declared as HeaderMap, key));
  const known = ['model', ...parameters.map((parameter) => parameter.name)];
  const body = sql.slice(sql.indexOf('*/'));
  for (const match of body.matchAll(PLACEHOLDER)) {
    const used = match[1] ?? '';
    if (known.includes(used)) continue;
    const line = sql.slice(0, sql.indexOf('*/') + match.index).split('\n').length;
    problems.add(file, line, `{{${used}}} is no parameter of the audit`, `declare it in the header; known are: ${known.join(', ')}`);
  }
  return { name, file, description, parameters, sql };
}

function readParameter(declared: HeaderMap, key: string): AuditParameter[] {
  const parameter = declared.child(key);
  if (parameter === undefined) {
    declared.problem(key, `parameter ${key} says nothing`, 'give it a type and a description: { type: column, description: … }');
    return [];
  }
  parameter.refuseOthers(['type', 'description', 'optional', 'default'], `parameter ${key}`);
  const fallback = parameter.text('default');
  return [{
    name: key,
    type: parameter.oneOf('type', PARAMETER_TYPES, 'expression'),
    description: parameter.text('description') ?? '',
    optional: parameter.plain('optional') === true || fallback !== undefined,
    ...(fallback === undefined ? {} : { default: fallback }),
  }];
}

/** What a merge's key has to be, audited whatever the header names. */
export const KEY_AUDITS: ReadonlyMap<string, AuditDefinition> = new Map([
  ['key_is_unique', {
    name: 'key_is_unique', file: import.meta.filename, description: 'Each row it returns is a key of the merge that more than one row has.',
    parameters: [{ name: 'columns', type: 'columns' as const, description: 'The key.', optional: false }],
    sql: '/**/SELECT {{columns}}, count(*) AS copies FROM {{model}} GROUP BY {{columns}} HAVING count(*) > 1',
  }],
  ['key_is_there', {
    name: 'key_is_there', file: import.meta.filename, description: 'Each row it returns lacks a part of the merge\'s key.',
    parameters: [{ name: 'column', type: 'column' as const, description: 'A column of the key.', optional: false }],
    sql: '/**/SELECT * FROM {{model}} WHERE {{column}} IS NULL',
  }],
]);
