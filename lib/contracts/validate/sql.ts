// The validator of files: one SQL expression for DuckDB that is NULL for a good row and the list of its failures for a bad one.
import { parseFormat } from '../grammar/times.ts';
import { quote, ruleToSql } from '../rules/index.ts';
import type { Contract } from '../types.ts';
import { validationPlan, type ColumnPlan, type RulePlan, type ValidationPlan } from './plan.ts';
import { columnFailure, ruleFailure, WRONG_TYPE, type ColumnReason } from './reasons.ts';

/**
 * The rows of a relation with one more column, `_failures VARCHAR[]`: NULL for a row that conforms, else its reasons in the order of
 * precedence. Every column of the contract must be in the relation, as VARCHAR under its table name; empty text is NULL.
 *
 * DuckDB's dialect. One pass; only rows that fail a quick test of the whole row are looked at column by column.
 */
export function validationSql(contract: Contract, relation: string): string {
  return `SELECT *, ${failuresSql(contract)} AS "_failures" FROM ${relation}`;
}

/** The expression of `_failures` by itself; `qualifier` (`r.`) goes before each column. */
export function failuresSql(contract: Contract, qualifier = ''): string {
  const plan = validationPlan(contract);
  const writer = new Writer(plan, qualifier);
  return `CASE WHEN ${writer.quick()} THEN NULL ELSE ${writer.failures()} END`;
}

/** Separates values that are matched together; the patterns of values that may hold it are matched apart. */
const SEPARATOR = '\\x1f';

class Writer {
  readonly #plan: ValidationPlan;
  readonly #qualifier: string;

  constructor(plan: ValidationPlan, qualifier: string) {
    this.#plan = plan;
    this.#qualifier = qualifier;
  }

  /**
   * True only for rows without a failure, and for nearly all of them. The patterns of the columns are joined into one and matched against
   * the joined row, since a match costs by the call and hardly by the length.
   */
  quick(): string {
    const columns = this.#plan.columns;
    const joined = columns.filter((column) => column.plain !== undefined && column.joinable);
    const tests = columns.filter((column) => !joined.includes(column)).flatMap((column) => this.#quickApart(column));
    const outer = columns.filter(({ outerSpaces }) => outerSpaces).map((column) => `(NOT contains(${this.#orEmpty(column)}, ' '))`);
    const rules = this.#plan.rules.map((rule) => `coalesce(${this.#rule(rule)}, true)`);
    return [this.#joined(joined), ...tests, ...outer, ...rules].filter((test) => test !== '').join(' AND ') || 'true';
  }

  #joined(columns: readonly ColumnPlan[]): string {
    if (columns.length === 0) return '';
    const pattern = columns.map(({ plain, nullable }) => `(?:${plain})${nullable ? '?' : ''}`).join(SEPARATOR);
    const values = columns.map((column) => (column.nullable ? this.#orEmpty(column) : this.#name(column)));
    const row = values.length === 1 ? values[0]! : `concat_ws(chr(31), ${values.join(', ')})`;
    return `regexp_full_match(${row}, ${quote(pattern)}, 's')`;
  }

  #quickApart(column: ColumnPlan): string[] {
    const value = this.#name(column);
    const orNull = (test: string) => [column.nullable ? `coalesce(${test} OR ${value} = '', true)` : `coalesce(${test}, false)`];
    if (column.plain !== undefined) return orNull(`regexp_full_match(${value}, ${quote(column.plain)}, 's')`);
    if (column.min !== undefined || column.max !== undefined || column.shape !== undefined) return orNull(this.#quickTime(column));
    return column.nullable ? [] : [`coalesce(${value} <> '', false)`];
  }

  /** Bounded dates and times: their text in ISO 8601, on the days between the bounds, compared as text. */
  #quickTime(column: ColumnPlan): string {
    const value = this.#name(column);
    if (column.kind !== 'date' && column.kind !== 'timestamp') return 'false';
    const tests = [`regexp_full_match(${value}, ${quote(column.shape!)}, 's')`, `length(${value}) <= 19`, `regexp_matches(${value}, '^[0-9]{4}-')`];
    // The first moment of the day after is beyond every text of the day before it.
    if (column.min !== undefined) tests.push(`${value} >= ${quote(column.kind === 'date' || column.min.endsWith(' 00:00:00.000000') ? column.min.slice(0, 10) : dayAfter(column.min))}`);
    if (column.max !== undefined) tests.push(`${value} < ${quote(column.kind === 'date' ? dayAfter(column.max) : column.max.slice(0, 10))}`);
    return `(${tests.join(' AND ')})`;
  }

  /** The list of all failures, in the order of precedence. */
  failures(): string {
    const { columns, rules, source } = this.#plan;
    const reasons = [
      ...columns.map((column) => this.#typeReason(column)),
      ...columns.filter(({ nullable }) => !nullable).map((column) => `CASE WHEN ${this.#value(column)} IS NULL THEN ${this.#reason(column, 'missing')} END`),
      ...columns.map((column) => this.#rangeReason(column)),
      ...rules.map((rule) => {
        const typed = rule.reads.map((name) => columns.find((column) => column.name === name)!).map((column) => this.#wrongType(column)).filter((test) => test !== '');
        const readable = typed.length === 0 ? '' : ` AND NOT coalesce(${typed.join(' OR ')}, false)`;
        return `CASE WHEN NOT ${this.#rule(rule)}${readable} THEN ${quote(ruleFailure(source, rule).reason)} END`;
      }),
    ].filter((reason) => reason !== '');
    return `nullif(list_filter([${reasons.join(', ')}], lambda reason: reason IS NOT NULL), [])`;
  }

  #typeReason(column: ColumnPlan): string {
    const value = this.#value(column);
    const branches = this.#typeTests(column).map(([test, what]) => `WHEN ${test} THEN ${this.#reason(column, what)}`);
    return branches.length === 0 ? '' : `CASE WHEN ${value} IS NULL THEN NULL ${branches.join(' ')} END`;
  }

  /** Whether a value is there and has a wrong type; empty where none can have one. */
  #wrongType(column: ColumnPlan): string {
    const tests = this.#typeTests(column).map(([test]) => test);
    return tests.length === 0 ? '' : `(${this.#value(column)} IS NOT NULL AND (${tests.join(' OR ')}))`;
  }

  /** Conditions under which a value that is not NULL has a wrong type, each for when those before do not hold. */
  #typeTests(column: ColumnPlan): [test: string, what: ColumnReason][] {
    const value = this.#value(column);
    const tests: [string, ColumnReason][] = [];
    const misses = (pattern: string) => `NOT regexp_full_match(${value}, ${quote(pattern)}, 's')`;
    if (column.outerSpaces) tests.push([`starts_with(${value}, ' ') OR ends_with(${value}, ' ')`, 'not_an_id']);
    if (column.shape !== undefined) tests.push([misses(column.shape), WRONG_TYPE[column.kind]]);
    if (column.kind === 'integer' || column.kind === 'epoch_ms') tests.push([`${this.#typed(column)} IS NULL`, 'too_large']);
    if (column.integerFits !== undefined) {
      const roundsUp = column.scaleFits === undefined ? ` OR ${this.#typed(column)} IS NULL` : '';
      tests.push([`${misses(column.integerFits)}${roundsUp}`, 'too_large']);
    }
    if (column.scaleFits !== undefined) tests.push([misses(column.scaleFits), 'too_precise']);
    return tests;
  }

  #rangeReason(column: ColumnPlan): string {
    const value = this.#value(column);
    const tests: [string, ColumnReason][] = [];
    const typed = column.min === undefined && column.max === undefined ? '' : this.#typed(column);
    if (column.min !== undefined) tests.push([`${typed} < ${this.#bound(column, column.min)}`, 'below_minimum']);
    if (column.max !== undefined) tests.push([`${typed} > ${this.#bound(column, column.max)}`, 'above_maximum']);
    if (column.accepted !== undefined) tests.push([`${value} NOT IN (${column.accepted.map(quote).join(', ')})`, 'not_accepted']);
    if (column.pattern !== undefined) tests.push([`NOT regexp_full_match(${value}, ${quote(column.pattern)}, 's')`, 'does_not_match']);
    if (tests.length === 0) return '';
    const wrong = this.#wrongType(column);
    const skip = wrong === '' ? '' : `WHEN ${wrong} THEN NULL `;
    return `CASE ${skip}${tests.map(([test, what]) => `WHEN ${test} THEN ${this.#reason(column, what)}`).join(' ')} END`;
  }

  #rule(rule: RulePlan): string {
    const columns = new Map(this.#plan.columns.map((column) => [column.name, column]));
    return ruleToSql(rule.node, (name) => this.#typed(columns.get(name)!));
  }

  /** The typed value, NULL where there is none. Times are those on the wall of the contract's zone. */
  #typed(column: ColumnPlan): string {
    const value = this.#value(column);
    switch (column.kind) {
      case 'id':
      case 'text':
        return value;
      case 'boolean':
        return `(lower(${value}) IN ('true', 't', 'yes', 'y', '1'))`;
      case 'integer':
      case 'epoch_ms':
        return `TRY_CAST(${column.trailingZeros ? `regexp_replace(${value}, '\\.0+$', '')` : value} AS BIGINT)`;
      case 'decimal':
      case 'money':
        return `TRY_CAST(${value} AS DECIMAL(${column.precision},${column.scale}))`;
      case 'date':
        return this.#byFormat(column, `TRY_CAST(substr(${value}, 1, 10) AS DATE)`, 'DATE');
      case 'timestamp':
        return this.#byFormat(column, this.#wall(value), 'TIMESTAMP');
    }
  }

  #wall(value: string): string {
    const offset = `regexp_extract(${value}, '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$')`;
    const clock = `TRY_CAST(substr(left(${value}, length(${value}) - length(${offset})), 1, 26) AS TIMESTAMP)`;
    const digits = `(replace(replace(${offset}, 'Z', '+00'), ':', '') || '00')`;
    const minutes = `TRY_CAST(substr(${digits}, 1, 1) || (TRY_CAST(substr(${digits}, 2, 2) AS INTEGER) * 60 + TRY_CAST(substr(${digits}, 4, 2) AS INTEGER)) AS INTEGER)`;
    const local = `timezone(${quote(this.#plan.timeZone)}, timezone('UTC', ${clock} - to_minutes(${minutes})))`;
    return `CASE WHEN length(${value}) <= 19 THEN TRY_CAST(${value} AS TIMESTAMP) WHEN ${offset} = '' THEN ${clock} ELSE ${local} END`;
  }

  #byFormat(column: ColumnPlan, iso: string, type: 'DATE' | 'TIMESTAMP'): string {
    const value = this.#value(column);
    if (column.formats === undefined) return `(${iso})`;
    const matches = (pattern: string) => `regexp_full_match(${value}, ${quote(pattern)}, 's')`;
    const branches = column.formats.map(({ format, pattern }) => `WHEN ${matches(pattern)} THEN CAST(try_strptime(${value}, ${quote(duckFormat(format))}) AS ${type})`);
    return `(CASE WHEN ${matches(column.isoShape!)} THEN ${iso} ${branches.join(' ')} END)`;
  }

  #bound(column: ColumnPlan, bound: string): string {
    if (column.kind === 'date') return `DATE ${quote(bound)}`;
    if (column.kind === 'timestamp') return `TIMESTAMP ${quote(bound)}`;
    return column.kind === 'integer' || column.kind === 'epoch_ms' ? bound : `CAST(${quote(bound)} AS DECIMAL(38,${column.scale}))`;
  }

  #reason(column: ColumnPlan, what: ColumnReason): string {
    return quote(columnFailure(this.#plan.source, column, what).reason);
  }

  #name(column: ColumnPlan): string {
    return `${this.#qualifier}"${column.name}"`;
  }

  #orEmpty(column: ColumnPlan): string {
    return `coalesce(${this.#name(column)}, '')`;
  }

  #value(column: ColumnPlan): string {
    return `nullif(${this.#name(column)}, '')`;
  }
}

const duckFormat = (format: string): string => parseFormat(format).map((token) => ('literal' in token ? token.literal : `%${token.directive}`)).join('');

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day.slice(0, 10)}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
