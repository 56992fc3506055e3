// The plan of a contract's checks, as plain data: the one definition from which SQL and JavaScript validators are both made.
import { MillraceError } from '../../base/index.ts';
import { escapePattern, neverHoldsSeparator } from '../grammar/patterns.ts';
import { digitsOf, EPOCH_MS_RANGE, integerPartFits, numberShape, plainNumber, scaleFits } from '../grammar/numbers.ts';
import { formatPattern, ISO_DATE, ISO_TIMESTAMP } from '../grammar/times.ts';
import { columnsRead, parseRule, RuleError, typeOfColumn, type RuleNode } from '../rules/index.ts';
import { columnsOf } from '../source.ts';
import type { Column, ColumnKind, Contract } from '../types.ts';
import { canonicalWallTime } from '../values/times.ts';

/** The checks of one column. Patterns match whole values. */
export interface ColumnPlan {
  name: string;
  /** The name in the source, where it differs. */
  header?: string;
  kind: ColumnKind;
  nullable: boolean;
  /** Text that matches needs no further check. Text that does not may still be valid. */
  plain?: string;
  /** What matches `plain` never holds U+001F. */
  joinable: boolean;
  /** Wrong type unless it matches. */
  shape?: string;
  /** Whole numbers may be written `17.0`. */
  trailingZeros: boolean;
  /** ids: a space at either end is a wrong type. */
  outerSpaces: boolean;
  /** decimal and money: too large unless it matches, and then too precise unless it matches `scaleFits`, which columns that round lack. */
  integerFits?: string;
  scaleFits?: string;
  scale: number;
  precision: number;
  /** Inclusive bounds: digits, or canonical dates and times. */
  min?: string;
  max?: string;
  pattern?: string;
  accepted?: readonly string[];
  /** Times in other formats than ISO 8601, which is tried first. */
  isoShape?: string;
  formats?: readonly { format: string; pattern: string }[];
}

export interface RulePlan { name: string; sql: string; node: RuleNode; reads: readonly string[] }

export interface ValidationPlan { source: string; timeZone: string; /** Events come as JSON, whose values need not be text. */ stream: boolean; columns: readonly ColumnPlan[]; rules: readonly RulePlan[] }

const plans = new WeakMap<Contract, ValidationPlan>();

/** The plan of a contract. Throws `bad_input` for a rule that does not parse, with the place in the rule. */
export function validationPlan(contract: Contract): ValidationPlan {
  let plan = plans.get(contract);
  if (plan === undefined) {
    plan = {
      source: contract.name,
      timeZone: contract.timeZone,
      stream: contract.stream !== undefined,
      columns: columnsOf(contract).map(({ header, name, column }) => planColumn(header, name, column)),
      rules: rulesOf(contract),
    };
    plans.set(contract, plan);
  }
  return plan;
}

function rulesOf(contract: Contract): RulePlan[] {
  const types = new Map(columnsOf(contract).map(({ name, column }) => [name, typeOfColumn(column)]));
  return Object.entries(contract.rules).map(([name, sql]) => {
    try {
      const node = parseRule(sql, types);
      return { name, sql, node, reads: columnsRead(node) };
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      throw new MillraceError('bad_input', `${contract.name}: the rule ${name} is wrong at character ${error.at + 1}: ${error.message}\n${error.picture}`, {
        where: `contract ${contract.name}`, todo: 'Mend the rule.', cause: error,
      });
    }
  });
}

function planColumn(header: string, name: string, column: Column): ColumnPlan {
  const { integer, scale } = digitsOf(column);
  const common = { name, kind: column.kind, nullable: column.nullable, joinable: true, outerSpaces: false, trailingZeros: column.canonical === 'integer', scale, precision: integer + scale, ...(header === name ? {} : { header }) };
  switch (column.kind) {
    case 'id':
    case 'text':
      return { ...common, ...planText(column), outerSpaces: column.kind === 'id' };
    case 'boolean':
      return { ...common, shape: BOOLEAN, plain: BOOLEAN };
    case 'integer':
    case 'epoch_ms':
      return { ...common, ...epochRange(column), ...bounds(column, String), shape: numberShape(column), ...maybe('plain', plainNumber(column)) };
    case 'decimal':
    case 'money':
      return {
        ...common, ...bounds(column, String), shape: numberShape(column), integerFits: integerPartFits(column),
        ...(column.round === true ? {} : { scaleFits: scaleFits(column) }), ...maybe('plain', plainNumber(column)),
      };
    case 'date':
    case 'timestamp':
      return { ...common, ...planTime(column) };
  }
}

const BOOLEAN = '[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[TtFfYyNn10]|[Yy][Ee][Ss]|[Nn][Oo]';

function planText(column: Column): Partial<ColumnPlan> {
  if (column.accepted !== undefined) return { accepted: column.accepted, plain: column.accepted.map(escapePattern).join('|') };
  if (column.pattern !== undefined) return { pattern: column.pattern, plain: column.pattern, joinable: neverHoldsSeparator(column.pattern) };
  if (column.canonical === 'integer') return { shape: '[0-9]+(?:\\.0+)?', plain: '[0-9]+(?:\\.0+)?' };
  return {};
}

function planTime(column: Column): Partial<ColumnPlan> {
  const kind = column.kind === 'date' ? 'date' : 'timestamp';
  const isoShape = kind === 'date' ? ISO_DATE : ISO_TIMESTAMP;
  const formats = (column.formats ?? []).map((format) => ({ format, pattern: formatPattern(format, kind) }));
  const shape = [isoShape, ...formats.map(({ pattern }) => pattern)].join('|');
  const bounded = column.min !== undefined || column.max !== undefined;
  const limits = bounds(column, (bound) => (kind === 'date' ? bound.slice(0, 10) : canonicalWallTime(bound.length === 10 ? `${bound} 00:00:00` : bound)));
  return { shape, ...limits, ...(bounded ? {} : { plain: shape }), ...(formats.length === 0 ? {} : { isoShape, formats }) };
}

/** An epoch that is no time between 1900 and 9999 is out of range whatever the contract says. */
function epochRange(column: Column): Partial<ColumnPlan> {
  return column.kind === 'epoch_ms' ? { min: String(EPOCH_MS_RANGE.min), max: String(EPOCH_MS_RANGE.max) } : {};
}

function bounds(column: Column, write: (bound: string) => string): Partial<ColumnPlan> {
  return {
    ...(column.min === undefined ? {} : { min: write(String(column.min)) }),
    ...(column.max === undefined ? {} : { max: write(String(column.max)) }),
  };
}

function maybe<Key extends string>(key: Key, value: string | undefined): Partial<Record<Key, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, string>);
}
