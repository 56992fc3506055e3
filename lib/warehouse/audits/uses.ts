// The audits that a model's header names, with their arguments checked against what each audit declares.
import type { HeaderMap } from '../models/header-yaml.ts';
import { didYouMean } from '../models/near.ts';
import type { AuditUse } from '../types.ts';
import type { AuditDefinition, AuditParameter } from './definition.ts';

/** Reads `audits:` of a header: `- unique: id`, `- row_count_between: { min: 1 }`, `- warn: { … }`. */
export function readAuditUses(header: HeaderMap, audits: ReadonlyMap<string, AuditDefinition>): AuditUse[] {
  return header.items('audits').flatMap((item) => {
    if (typeof item === 'string') return use(header, 'audits', item, undefined, 'block', audits);
    return item.keys.flatMap((key) => {
      if (key !== 'warn') return use(item, key, key, item.plain(key), 'block', audits);
      const warned = item.child('warn');
      if (warned !== undefined) return warned.keys.flatMap((name) => use(warned, name, name, warned.plain(name), 'warn', audits));
      return [];
    });
  });
}

function use(
  at: HeaderMap, key: string, name: string, given: unknown, severity: AuditUse['severity'], audits: ReadonlyMap<string, AuditDefinition>,
): AuditUse[] {
  const definition = audits.get(name);
  if (definition === undefined) {
    at.problem(key, `there is no audit '${name}'`, didYouMean(name, audits.keys()) ?? `known are: ${[...audits.keys()].join(', ')}`);
    return [];
  }
  const args = namedArguments(at, key, given, definition);
  for (const parameter of definition.parameters) {
    if (!parameter.optional && args[parameter.name] === undefined) {
      at.problem(key, `audit ${name} lacks its ${parameter.name}`, parameter.description);
    }
  }
  return fanOut(definition, args).map((each) => ({ audit: name, severity, args: each }));
}

function namedArguments(at: HeaderMap, key: string, given: unknown, definition: AuditDefinition): Record<string, unknown> {
  if (given === undefined || given === null) return {};
  const first = definition.parameters[0];
  if (typeof given !== 'object' || Array.isArray(given)) {
    if (first !== undefined) return checked(at, key, first, given) ? { [first.name]: given } : {};
    at.problem(key, `audit ${definition.name} takes no arguments`);
    return {};
  }
  const known = definition.parameters.map((parameter) => parameter.name);
  return Object.fromEntries(Object.entries(given).filter(([name, value]) => {
    const parameter = definition.parameters.find((each) => each.name === name);
    if (parameter === undefined) {
      at.problem(key, `audit ${definition.name} has no parameter '${name}'`, didYouMean(name, known) ?? `known are: ${known.join(', ')}`);
      return false;
    }
    return checked(at, key, parameter, value);
  }));
}

function checked(at: HeaderMap, key: string, parameter: AuditParameter, value: unknown): boolean {
  const isScalar = ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
  const isList = Array.isArray(value) && value.length > 0;
  const fits: Record<AuditParameter['type'], boolean> = {
    column: typeof value === 'string' || isList,
    columns: typeof value === 'string' || isList,
    table: typeof value === 'string' && /^[a-z_]+\.[a-z_][a-z0-9_]*$/.test(value),
    expression: isScalar,
    values: isList || isScalar,
    number: typeof value === 'number',
    duration: typeof value === 'string' && durationSeconds(value) !== undefined,
    word: typeof value === 'string' && /^[a-z_]+$/.test(value),
  };
  if (fits[parameter.type]) return true;
  at.problem(key, `${parameter.name} of an audit is not a ${parameter.type}: ${JSON.stringify(value)}`, parameter.description);
  return false;
}

/** A list given for a parameter that is one column is one audit for each of them. */
function fanOut(definition: AuditDefinition, args: Record<string, unknown>): Record<string, unknown>[] {
  const many = definition.parameters.find(({ name, type }) => type === 'column' && Array.isArray(args[name]));
  if (many === undefined) return [args];
  return (args[many.name] as unknown[]).map((column) => ({ ...args, [many.name]: column }));
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `36h` → 129600; undefined where the text is no duration. Units: s, m, h, d, w. */
export function durationSeconds(text: string): number | undefined {
  const match = /^(\d+)\s*([smhdw])$/.exec(text.trim());
  return match === null ? undefined : Number(match[1]) * (UNIT_SECONDS[match[2] ?? 's'] ?? 1);
}
