// A rule as a JavaScript function, with SQL's three-valued logic and exact numbers (whole numbers of the type's scale).
import { compareText, lengthOf, lower, upper } from '../values/text.ts';
import { parseScaled, power } from '../values/numbers.ts';
import type { Comparison, RuleNode, RuleType } from './ast.ts';
import { common } from './types.ts';

/** number: value × 10^scale · date, timestamp: canonical text · null is NULL. */
export type RuleValue = bigint | string | boolean | null;

/** A row as the caller has it; `column` tells how to read a value of it. */
export type Evaluate<Row> = (row: Row) => RuleValue;

/** The condition as a function of a row: true, false, or null for unknown. */
export function compileRule<Row>(node: RuleNode, column: (name: string) => Evaluate<Row>): (row: Row) => boolean | null {
  return build(node, column) as (row: Row) => boolean | null;
}

function build<Row>(node: RuleNode, column: (name: string) => Evaluate<Row>): Evaluate<Row> {
  const of = (each: RuleNode) => build(each, column);
  switch (node.node) {
    case 'column':
      return column(node.name);
    case 'literal': {
      const value = node.type.is === 'number' ? parseScaled(node.value as string, node.type.scale) : node.value;
      return () => value;
    }
    case 'negate':
      return lift(of(node.of), (value) => -(value as bigint));
    case 'abs':
      return lift(of(node.of), (value) => ((value as bigint) < 0n ? -(value as bigint) : value));
    case 'arithmetic':
      return arithmetic(node.operator, node.type, node.left, node.right, of);
    case 'compare':
      return comparison(node.operator, node.left, node.right, of);
    case 'and': {
      const [left, right] = [of(node.left), of(node.right)];
      return (row) => {
        const a = left(row);
        if (a === false) return false;
        const b = right(row);
        return b === false ? false : a === null || b === null ? null : true;
      };
    }
    case 'or': {
      const [left, right] = [of(node.left), of(node.right)];
      return (row) => {
        const a = left(row);
        if (a === true) return true;
        const b = right(row);
        return b === true ? true : a === null || b === null ? null : false;
      };
    }
    case 'not':
      return lift(of(node.of), (value) => !value);
    case 'is_null': {
      const value = of(node.of);
      return (row) => value(row) === null;
    }
    case 'in': {
      const equals = node.values.map((value) => comparison('=', node.of, value, of));
      return (row) => {
        let unknown = false;
        for (const test of equals) {
          const result = test(row);
          if (result === true) return true;
          unknown ||= result === null;
        }
        return unknown ? null : false;
      };
    }
    case 'like': {
      const pattern = new RegExp(`^(?:${likeToPattern(node.pattern)})$`, 'su');
      return lift(of(node.of), (value) => pattern.test(value as string));
    }
    case 'regexp_like': {
      const pattern = new RegExp(node.pattern, 'su');
      return lift(of(node.of), (value) => pattern.test(value as string));
    }
    case 'case': {
      const when = node.when.map(({ condition, result }) => ({ condition: of(condition), result: as(node.type, result, of) }));
      const otherwise = as(node.type, node.otherwise, of);
      return (row) => (when.find(({ condition }) => condition(row) === true)?.result ?? otherwise)(row);
    }
    case 'coalesce': {
      const values = node.of.map((value) => as(node.type, value, of));
      return (row) => {
        for (const value of values) {
          const result = value(row);
          if (result !== null) return result;
        }
        return null;
      };
    }
    case 'length':
      return lift(of(node.of), (value) => BigInt(lengthOf(value as string)));
    case 'lower':
      return lift(of(node.of), (value) => lower(value as string));
    case 'upper':
      return lift(of(node.of), (value) => upper(value as string));
    case 'starts_with': {
      const [text, prefix] = [of(node.of), of(node.prefix)];
      return (row) => {
        const [a, b] = [text(row), prefix(row)];
        return a === null || b === null ? null : (a as string).startsWith(b as string);
      };
    }
  }
}

type Build<Row> = (node: RuleNode) => Evaluate<Row>;

function arithmetic<Row>(operator: '+' | '-' | '*', type: RuleType, leftNode: RuleNode, rightNode: RuleNode, of: Build<Row>): Evaluate<Row> {
  const scaleBoth = operator !== '*';
  const left = scaleBoth ? as(type, leftNode, of) : of(leftNode);
  const right = scaleBoth ? as(type, rightNode, of) : of(rightNode);
  const apply = { '+': (a: bigint, b: bigint) => a + b, '-': (a: bigint, b: bigint) => a - b, '*': (a: bigint, b: bigint) => a * b }[operator];
  return (row) => {
    const [a, b] = [left(row), right(row)];
    return a === null || b === null ? null : apply(a as bigint, b as bigint);
  };
}

function comparison<Row>(operator: Comparison, leftNode: RuleNode, rightNode: RuleNode, of: Build<Row>): Evaluate<Row> {
  const type = common(leftNode.type, rightNode.type)!;
  const [left, right] = [as(type, leftNode, of), as(type, rightNode, of)];
  if (type.is === 'text' && (operator === '=' || operator === '<>')) {
    const wanted = operator === '=';
    return (row) => {
      const [a, b] = [left(row), right(row)];
      return a === null || b === null ? null : (a === b) === wanted;
    };
  }
  const holds = HOLDS[operator];
  const compare = type.is === 'text' ? (a: RuleValue, b: RuleValue) => compareText(a as string, b as string)
    : (a: RuleValue, b: RuleValue) => (a! < b! ? -1 : a! > b! ? 1 : 0);
  return (row) => {
    const [a, b] = [left(row), right(row)];
    return a === null || b === null ? null : holds(compare(a, b));
  };
}

const HOLDS: Readonly<Record<Comparison, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** A value brought to another type that can hold it: a larger scale, or midnight of a date. */
function as<Row>(type: RuleType, node: RuleNode, of: Build<Row>): Evaluate<Row> {
  const value = of(node);
  if (type.is === 'number' && node.type.is === 'number' && type.scale !== node.type.scale) {
    const factor = power(type.scale - node.type.scale);
    return lift(value, (each) => (each as bigint) * factor);
  }
  if (type.is === 'timestamp' && node.type.is === 'date') return lift(value, (each) => `${each as string} 00:00:00.000000`);
  return value;
}

function lift<Row>(value: Evaluate<Row>, apply: (value: RuleValue) => RuleValue): Evaluate<Row> {
  return (row) => {
    const each = value(row);
    return each === null ? null : apply(each);
  };
}

/** `%` is any text, `_` any one character; there is no escape. */
function likeToPattern(like: string): string {
  return like.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replaceAll('%', '.*').replaceAll('_', '.');
}
