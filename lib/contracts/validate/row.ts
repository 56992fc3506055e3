// The validator of events: a contract's plan as one JavaScript function. It finds what the SQL for files finds, by the same patterns.
import { parseFormat } from '../grammar/times.ts';
import { compileRule, type RuleValue } from '../rules/evaluate.ts';
import type { Failure } from '../types.ts';
import { parseScaled, power } from '../values/numbers.ts';
import { isoOfFormat, wallTimeOfIso } from '../values/times.ts';
import type { ColumnPlan, ValidationPlan } from './plan.ts';
import { columnFailure, ruleFailure, WRONG_TYPE, type ColumnReason } from './reasons.ts';
import { textOf, type TextOrNull } from './text.ts';

/** A record as it came: values of a JSON object, or fields as text; by the names in the source, or those of our tables. */
export type RawRecord = Readonly<Record<string, unknown>>;

/** What a record is found to be. */
export interface CheckedRow {
  /** For bronze, in the order of the contract's columns. */
  texts: readonly TextOrNull[];
  /** What is wrong, in the order of precedence. */
  failures: readonly Failure[];
}

/** What the record of an event is found to be. */
export interface CheckedEvent {
  /** As `texts`; a number that conforms is left as it is, and `String` of it is its text: not everybody who checks an event wants that. */
  values: readonly (TextOrNull | number)[];
  failures: readonly Failure[];
  /** Columns that the record has a key for, be its value null. */
  present: number;
}

export type RowValidator = (record: RawRecord) => CheckedRow;
export type EventValidator = (record: RawRecord) => CheckedEvent;

const NONE: readonly Failure[] = Object.freeze([]);
const SPACE = 0x20;

/** Compiles a plan; no code is generated, so it runs where `new Function` is forbidden. */
export function compileValidator(plan: ValidationPlan): RowValidator {
  const check = compileChecks(plan, textOf, false);
  return (record) => {
    const { values, failures } = check(record);
    return { texts: values.map(asText), failures };
  };
}

/**
 * The same for callers that know more of their values than that JSON may hold them: strings are well-formed, `String` of a number is what was sent,
 * and `toText` gives the text of the rest.
 */
export function compileEventValidator(plan: ValidationPlan, toText: (value: unknown) => TextOrNull): EventValidator {
  return compileChecks(plan, toText, true);
}

function compileChecks(plan: ValidationPlan, toText: (value: unknown) => TextOrNull, stringsAreWhole: boolean): EventValidator {
  const columns = plan.columns.map((column) => compileColumn(plan, column));
  const rules = plan.rules.map((rule) => {
    const reads = rule.reads.map((name) => plan.columns.findIndex((column) => column.name === name));
    const holds = compileRule<Values>(rule.node, (name) => {
      const at = plan.columns.findIndex((column) => column.name === name);
      const { typed } = columns[at]!;
      return (values) => {
        const value = values[at];
        return value == null ? null : typed(typeof value === 'number' ? String(value) : value);
      };
    });
    return { failure: ruleFailure(plan.source, rule), reads, holds };
  });

  return (record) => {
    const values: (TextOrNull | number)[] = new Array<TextOrNull>(columns.length);
    let suspicious = false;
    let present = 0;
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at]!;
      let value = record[column.header];
      if (value === undefined && column.name !== column.header) value = record[column.name];
      if (value !== undefined) present++;
      if (typeof value === 'number' && value >= column.lowest && value <= column.highest && Math.round(value * column.power) / column.power === value) {
        values[at] = value;
        continue;
      }
      const text = stringsAreWhole && typeof value === 'string' && value !== '' ? value : toText(value);
      values[at] = text;
      if (text == null) {
        if (text === undefined || !column.nullable) suspicious = true;
      } else if (!column.takesAnything && !isPlain(column, text)) {
        suspicious = true;
      }
    }
    if (!suspicious) {
      let broken = false;
      for (const rule of rules) broken ||= rule.holds(values) === false;
      if (!broken) return { values, failures: NONE, present };
    }
    return { values, failures: failuresIn(values.map(asText), columns, rules), present };
  };
}

type Values = readonly (TextOrNull | number)[];
type Texts = readonly TextOrNull[];

const asText = (value: TextOrNull | number): TextOrNull => (typeof value === 'number' ? String(value) : value);

interface CompiledRule { failure: Failure; reads: readonly number[]; holds: (values: Values) => boolean | null }

interface CompiledColumn {
  name: string;
  header: string;
  nullable: boolean;
  /** No text needs a further check. */
  takesAnything: boolean;
  /** Numbers from here to there that are whole when multiplied by this power of ten need none; NaN where numbers have to be looked at as text. */
  lowest: number;
  highest: number;
  power: number;
  /** ids: a space at either end is a wrong type. */
  outerSpaces: boolean;
  accepted: ReadonlySet<string> | undefined;
  /** Text that matches needs no further check. */
  plain: RegExp | undefined;
  /** Nothing is asked of text but what stands above. */
  free: boolean;
  /** The failure of a value's type, or undefined. */
  typeFailure(text: string | undefined): Failure | undefined;
  missing: Failure | undefined;
  rangeFailure(text: string): Failure | undefined;
  /** The value for rules; text must have the right type. */
  typed(text: string): RuleValue;
}

/** Whether the text needs no further check. */
function isPlain({ outerSpaces, accepted, plain, free }: CompiledColumn, text: string): boolean {
  if (outerSpaces && (text.charCodeAt(0) === SPACE || text.charCodeAt(text.length - 1) === SPACE)) return false;
  if (accepted !== undefined) return accepted.has(text);
  return plain === undefined ? free : plain.test(text);
}

function failuresIn(texts: Texts, columns: readonly CompiledColumn[], rules: readonly CompiledRule[]): readonly Failure[] {
  const types: (Failure | undefined)[] = columns.map((column, at) => (texts[at] === null ? undefined : column.typeFailure(texts[at])));
  const nulls = columns.map((column, at) => (texts[at] === null ? column.missing : undefined));
  const ranges = columns.map((column, at) => (texts[at] == null || types[at] !== undefined ? undefined : column.rangeFailure(texts[at])));
  const broken = rules.map(({ reads, holds, failure }) => (reads.some((at) => types[at] !== undefined) || holds(texts) !== false ? undefined : failure));
  const failures = [...types, ...nulls, ...ranges, ...broken].filter((failure) => failure !== undefined);
  return failures.length === 0 ? NONE : failures;
}

function compileColumn(plan: ValidationPlan, column: ColumnPlan): CompiledColumn {
  const whole = (pattern: string | undefined) => (pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`, 'su'));
  const failure = (what: ColumnReason) => columnFailure(plan.source, column, what);
  const [plain, shape, integerFits, scaleFits] = [column.plain, column.shape, column.integerFits, column.scaleFits].map(whole);
  const wrong = failure(WRONG_TYPE[column.kind]);
  const notText = failure('not_text');
  const [tooLarge, tooPrecise] = [failure('too_large'), failure('too_precise')];
  const typed = typedReader(plan, column);
  const fits = limitOf(column);
  const accepted = column.accepted === undefined ? undefined : new Set(column.accepted);
  const free = shape === undefined && column.min === undefined && column.max === undefined;

  return {
    name: column.name,
    header: column.header ?? column.name,
    missing: column.nullable ? undefined : failure('missing'),
    nullable: column.nullable,
    takesAnything: free && plain === undefined && accepted === undefined && !column.outerSpaces,
    ...plainNumbers(column),
    outerSpaces: column.outerSpaces, accepted, plain, free,
    typeFailure(text) {
      if (text === undefined) return notText;
      if (column.outerSpaces && (text.startsWith(' ') || text.endsWith(' '))) return wrong;
      if (shape !== undefined && !shape.test(text)) return wrong;
      if (integerFits !== undefined && !integerFits.test(text)) return tooLarge;
      if (fits !== undefined && !fits(typed(text) as bigint)) return tooLarge;
      return scaleFits === undefined || scaleFits.test(text) ? undefined : tooPrecise;
    },
    rangeFailure: rangeChecks(column, typed, failure),
    typed,
  };
}

/** Whole numbers must fit in 64 bits; a number that is rounded must fit after it. */
function limitOf(column: ColumnPlan): ((value: bigint) => boolean) | undefined {
  if (column.kind === 'integer' || column.kind === 'epoch_ms') return (value) => BigInt.asIntN(64, value) === value;
  if (column.integerFits === undefined || column.scaleFits !== undefined) return undefined;
  const limit = power(column.precision);
  return (value) => value < limit && value > -limit;
}

function rangeChecks(column: ColumnPlan, typed: (text: string) => RuleValue, failure: (what: ColumnReason) => Failure): (text: string) => Failure | undefined {
  const bound = (text: string): RuleValue => (column.kind === 'date' || column.kind === 'timestamp' ? text : parseScaled(text, column.scale));
  const checks: ((text: string) => Failure | undefined)[] = [];
  const add = (what: ColumnReason, fails: (text: string) => boolean) => {
    const found = failure(what);
    checks.push((text) => (fails(text) ? found : undefined));
  };
  if (column.min !== undefined) {
    const min = bound(column.min)!;
    add('below_minimum', (text) => typed(text)! < min);
  }
  if (column.max !== undefined) {
    const max = bound(column.max)!;
    add('above_maximum', (text) => typed(text)! > max);
  }
  if (column.accepted !== undefined) {
    const accepted = new Set(column.accepted);
    add('not_accepted', (text) => !accepted.has(text));
  }
  if (column.pattern !== undefined) {
    const pattern = new RegExp(`^(?:${column.pattern})$`, 'su');
    add('does_not_match', (text) => !pattern.test(text));
  }
  return (text) => {
    for (const check of checks) {
      const found = check(text);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** Decimals of so many digits are told apart by doubles. */
const EXACT = 1e15;
/** Numbers with more places than these may be written with an exponent. */
const MOST_PLACES = 6;

/** The numbers that a column of them takes, as far as a double tells without its text. */
function plainNumbers(column: ColumnPlan): Pick<CompiledColumn, 'lowest' | 'highest' | 'power'> {
  const isWhole = column.kind === 'integer' || column.kind === 'epoch_ms';
  const isNumber = isWhole || column.kind === 'decimal' || column.kind === 'money';
  const edges = [column.min, column.max].filter((bound) => bound !== undefined);
  if (!isNumber || column.scale > MOST_PLACES || edges.some((bound) => bound.length > 15)) return { lowest: Number.NaN, highest: Number.NaN, power: Number.NaN };
  const power = isWhole ? 1 : 10 ** column.scale;
  const most = isWhole ? Number.MAX_SAFE_INTEGER : Math.min(10 ** (column.precision - column.scale), EXACT / power) - 1;
  return { lowest: Math.max(-most, Number(column.min ?? -most)), highest: Math.min(most, Number(column.max ?? most)), power };
}

/** How text of the right type is read for bounds and rules. Times are those on the wall of the contract's zone. */
function typedReader(plan: ValidationPlan, column: ColumnPlan): (text: string) => RuleValue {
  switch (column.kind) {
    case 'id':
    case 'text':
      return (text) => text;
    case 'boolean':
      return (text) => /^(?:true|t|yes|y|1)$/i.test(text);
    case 'date':
      return withFormats(column, (iso) => iso.slice(0, 10));
    case 'timestamp':
      return withFormats(column, (iso) => wallTimeOfIso(iso, plan.timeZone));
    case 'integer':
    case 'epoch_ms':
      return (text) => parseScaled(text, 0);
    default:
      return (text) => parseScaled(text, column.scale);
  }
}

function withFormats(column: ColumnPlan, of: (iso: string) => RuleValue): (text: string) => RuleValue {
  if (column.formats === undefined) return of;
  const iso = new RegExp(`^(?:${column.isoShape})$`);
  const formats = column.formats.map(({ format, pattern }) => ({ tokens: parseFormat(format), pattern: new RegExp(`^(?:${pattern})$`) }));
  return (text) => {
    if (iso.test(text)) return of(text);
    const found = formats.find(({ pattern }) => pattern.test(text));
    return found === undefined ? null : of(isoOfFormat(text, found.tokens));
  };
}
