// Why a row is refused, as typed reasons and as sentences. Sentences tell what is wanted, never what came: that may be personal.
import type { Failure } from '../types.ts';
import type { ColumnPlan, RulePlan, ValidationPlan } from './plan.ts';

export type TypeReason =
  | 'not_text' | 'not_an_id' | 'not_an_integer' | 'not_a_number' | 'not_a_boolean' | 'not_a_timestamp' | 'not_a_date' | 'not_an_epoch'
  | 'too_large' | 'too_precise';
export type ColumnReason = TypeReason | 'missing' | 'below_minimum' | 'above_maximum' | 'not_accepted' | 'does_not_match';

/** The reason of a value whose text is of another type. */
export const WRONG_TYPE: Readonly<Record<ColumnPlan['kind'], TypeReason>> = Object.freeze({
  id: 'not_an_id', text: 'not_text', integer: 'not_an_integer', decimal: 'not_a_number', money: 'not_a_number', boolean: 'not_a_boolean',
  timestamp: 'not_a_timestamp', date: 'not_a_date', epoch_ms: 'not_an_epoch',
});

/** `order_items.price.below_minimum` with a sentence about it. */
export function columnFailure(source: string, column: ColumnPlan, what: ColumnReason): Failure {
  return Object.freeze({ reason: `${source}.${column.name}.${what}`, column: column.name, message: `${column.name} ${sentence(column, what)}` });
}

/** `order_items.freight_is_plausible` with the rule itself. */
export function ruleFailure(source: string, rule: RulePlan): Failure {
  return Object.freeze({ reason: `${source}.${rule.name}`, message: `the rule ${rule.name} does not hold: ${rule.sql}` });
}

/** Everything that a plan can find wrong, in the order of precedence: types, missing values, ranges, rules; each in the order of columns. */
export function failuresOf(plan: ValidationPlan): Failure[] {
  const each = (reasons: (column: ColumnPlan) => ColumnReason[]) =>
    plan.columns.flatMap((column) => reasons(column).map((what) => columnFailure(plan.source, column, what)));
  return [...each((column) => typeReasons(column, plan.stream)), ...each((column) => (column.nullable ? [] : ['missing'])), ...each(rangeReasons), ...plan.rules.map((rule) => ruleFailure(plan.source, rule))];
}

/** What can be wrong with the type of a column's value; text can be anything but what an event's JSON has in its place. */
function typeReasons(column: ColumnPlan, stream: boolean): ColumnReason[] {
  const notText: ColumnReason[] = stream ? ['not_text'] : [];
  const wrong = WRONG_TYPE[column.kind];
  if (column.kind === 'text') return notText;
  if (column.kind === 'integer' || column.kind === 'epoch_ms') return [...notText, wrong, 'too_large'];
  if (column.integerFits !== undefined) return [...notText, wrong, 'too_large', ...(column.scaleFits === undefined ? [] : ['too_precise' as const])];
  return [...notText, wrong];
}

function rangeReasons(column: ColumnPlan): ColumnReason[] {
  return [
    ...(column.min === undefined ? [] : ['below_minimum' as const]),
    ...(column.max === undefined ? [] : ['above_maximum' as const]),
    ...(column.accepted === undefined ? [] : ['not_accepted' as const]),
    ...(column.pattern === undefined ? [] : ['does_not_match' as const]),
  ];
}

function sentence(column: ColumnPlan, what: ColumnReason): string {
  switch (what) {
    case 'not_text': return 'must be text: a JSON string, number or boolean, in whole Unicode characters';
    case 'not_an_id': return column.shape === undefined ? 'must be an id without spaces around it' : 'must be an id of digits, such as 17850 or 17850.0';
    case 'not_an_integer': return 'must be a whole number: digits, with a sign if any, without spaces, grouping or exponent';
    case 'not_an_epoch': return 'must be a time in milliseconds since 1970, as a whole number';
    case 'not_a_number': return 'must be a number such as -12.50: without spaces, grouping, currency sign or exponent';
    case 'not_a_boolean': return 'must be true or false, yes or no, t, f, y, n, 1 or 0';
    case 'not_a_timestamp': return `must be a time of the years 1900 to 9999 such as 2018-01-31 08:15:00${orFormats(column)}`;
    case 'not_a_date': return `must be a date such as 2018-01-31${orFormats(column)}`;
    case 'too_large': return column.integerFits === undefined ? 'must fit in 64 bits' : `must have at most ${column.precision - column.scale} digits before the point`;
    case 'too_precise': return `must have at most ${column.scale} decimals`;
    case 'missing': return 'must not be empty';
    case 'below_minimum': return `must be at least ${column.min}`;
    case 'above_maximum': return `must be at most ${column.max}`;
    case 'not_accepted': return `must be one of ${column.accepted!.join(', ')}`;
    case 'does_not_match': return `must match ${column.pattern}`;
  }
}

const orFormats = (column: ColumnPlan): string => (column.formats === undefined ? '' : ` or ${column.formats.map(({ format }) => format).join(' or ')}`);
