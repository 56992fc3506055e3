// The parser of rules: a small part of SQL's expressions, typed while it is read, so that what passes can be computed exactly
// and alike in SQL and in JavaScript.
import { ISO_DATE, ISO_TIMESTAMP } from '../grammar/times.ts';
import { canonicalWallTime } from '../values/times.ts';
import type { Comparison, RuleNode, RuleType } from './ast.ts';
import { callOf } from './calls.ts';
import { RuleCursor } from './cursor.ts';
import { RuleError } from './error.ts';
import type { Token } from './tokens.ts';
import { BOOLEAN, NULL, TypedNodes } from './typed-nodes.ts';
import { MOST_DIGITS, nameOf, tooManyDigits } from './types.ts';

/** Types of the columns that a rule may read, by table name. */
export type RuleColumns = ReadonlyMap<string, RuleType>;

const COMPARISONS: readonly string[] = ['=', '<>', '<', '<=', '>', '>='];

/**
 * Reads a rule: arithmetic (+ - *), comparisons, AND OR NOT, BETWEEN, IN, IS NULL, LIKE, CASE, and the functions coalesce, abs,
 * length, lower, upper, starts_with, regexp_like. Throws `RuleError` with the place of what it does not take.
 */
export function parseRule(rule: string, columns: RuleColumns): RuleNode {
  const parser = new Parser(rule, columns);
  const node = parser.expression();
  parser.end();
  if (node.type.is !== 'boolean') throw new RuleError(`a rule is true or false, and this is ${nameOf(node.type)}`, rule, 0);
  return node;
}

class Parser {
  readonly #cursor: RuleCursor;
  readonly #nodes: TypedNodes;
  readonly #columns: RuleColumns;

  constructor(rule: string, columns: RuleColumns) {
    this.#cursor = new RuleCursor(rule);
    this.#nodes = new TypedNodes(this.#cursor);
    this.#columns = columns;
  }

  expression(): RuleNode {
    let left = this.#conjunction();
    while (this.#cursor.takeName('or')) left = this.#logical('or', left, this.#conjunction());
    return left;
  }

  end(): void {
    const token = this.#cursor.peek();
    if (token.is !== 'end') this.#cursor.fail(`${token.text} is not expected here`, token);
  }

  #conjunction(): RuleNode {
    let left = this.#negation();
    while (this.#cursor.takeName('and')) left = this.#logical('and', left, this.#negation());
    return left;
  }

  #logical(node: 'and' | 'or', left: RuleNode, right: RuleNode): RuleNode {
    return { node, left: this.#nodes.boolean(left), right: this.#nodes.boolean(right), type: BOOLEAN };
  }

  #negation(): RuleNode {
    if (!this.#cursor.takeName('not')) return this.#predicate();
    return { node: 'not', of: this.#nodes.boolean(this.#negation()), type: BOOLEAN };
  }

  #predicate(): RuleNode {
    const left = this.#sum();
    const token = this.#cursor.peek();
    if (token.is === 'symbol' && COMPARISONS.includes(token.text)) {
      this.#cursor.take();
      return this.#nodes.compare(token.text as Comparison, left, this.#sum(), token);
    }
    if (this.#cursor.takeName('is')) {
      const negated = this.#cursor.takeName('not');
      this.#cursor.expectName('null');
      return not(negated, { node: 'is_null', of: left, type: BOOLEAN });
    }
    const negated = this.#cursor.takeName('not');
    const word = this.#cursor.peek();
    if (this.#cursor.takeName('between')) {
      const low = this.#sum();
      this.#cursor.expectName('and');
      const high = this.#sum();
      return not(negated, { node: 'and', left: this.#nodes.compare('>=', left, low, word), right: this.#nodes.compare('<=', left, high, word), type: BOOLEAN });
    }
    if (this.#cursor.takeName('in')) {
      this.#cursor.expectSymbol('(');
      const values = this.#list();
      if (values.length === 0) this.#cursor.fail('IN needs at least one value', word);
      for (const value of values) this.#nodes.checkComparable(left, value, word);
      return not(negated, { node: 'in', of: left, values, type: BOOLEAN });
    }
    if (this.#cursor.takeName('like')) {
      return not(negated, { node: 'like', of: this.#nodes.text(left, word), pattern: this.#cursor.expectString('the pattern of LIKE'), type: BOOLEAN });
    }
    if (negated) this.#cursor.fail('NOT is followed by BETWEEN, IN or LIKE here', word);
    return left;
  }

  #sum(): RuleNode {
    let left = this.#product();
    for (let token = this.#cursor.peek(); token.is === 'symbol' && (token.text === '+' || token.text === '-'); token = this.#cursor.peek()) {
      this.#cursor.take();
      left = this.#nodes.arithmetic(token.text as '+' | '-', left, this.#product(), token);
    }
    return left;
  }

  #product(): RuleNode {
    let left = this.#unary();
    for (let token = this.#cursor.peek(); token.is === 'symbol' && '*/%'.includes(token.text); token = this.#cursor.peek()) {
      if (token.text !== '*') this.#cursor.fail(`${token.text} does not give exact results: multiply the other side instead (a / b < 2 is a < 2 * b)`, token);
      this.#cursor.take();
      left = this.#nodes.arithmetic('*', left, this.#unary(), token);
    }
    return left;
  }

  #unary(): RuleNode {
    const token = this.#cursor.peek();
    if (!this.#cursor.takeSymbol('-')) return this.#primary();
    const of = this.#unary();
    if (of.type.is !== 'number' && of.type.is !== 'null') this.#cursor.fail(`- needs a number, and this is ${nameOf(of.type)}`, token);
    return { node: 'negate', of, type: of.type };
  }

  #primary(): RuleNode {
    const token = this.#cursor.take();
    if (token.is === 'number') return this.#number(token);
    if (token.is === 'string') return { node: 'literal', value: token.text, type: { is: 'text' } };
    if (token.is === 'symbol' && token.text === '(') {
      const inner = this.expression();
      this.#cursor.expectSymbol(')');
      return inner;
    }
    if (token.is !== 'name') return this.#cursor.fail(token.is === 'end' ? 'the rule ends where a value is expected' : `${token.text} is not a value`, token);
    switch (token.text) {
      case 'null': return NULL;
      case 'true': return { node: 'literal', value: true, type: BOOLEAN };
      case 'false': return { node: 'literal', value: false, type: BOOLEAN };
      case 'case': return this.#case();
      default:
    }
    const after = this.#cursor.peek();
    if ((token.text === 'date' || token.text === 'timestamp') && after.is === 'string') return this.#time(token.text, after);
    return this.#cursor.takeSymbol('(') ? callOf(token, this.#list(), this.#nodes, this.#cursor) : this.#column(token);
  }

  #number(token: Token): RuleNode {
    const [integer = '', fraction = ''] = token.text.split('.');
    const type: RuleType = { is: 'number', integer: Math.max(1, integer.replace(/^0+/, '').length), scale: fraction.length };
    if (tooManyDigits(type)) this.#cursor.fail(`a number has at most ${MOST_DIGITS} digits`, token);
    return { node: 'literal', value: token.text, type };
  }

  #time(kind: 'date' | 'timestamp', token: Token): RuleNode {
    this.#cursor.take();
    const valid = new RegExp(`^(?:${kind === 'date' ? ISO_DATE : ISO_TIMESTAMP})$`).test(token.text) && !(kind === 'timestamp' && /(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(token.text.slice(10)));
    if (!valid) this.#cursor.fail(kind === 'date' ? `${token.text} is no date; write for example DATE '2018-01-31'` : `${token.text} is no local time; write for example TIMESTAMP '2018-01-31 08:00:00'`, token);
    return { node: 'literal', value: kind === 'date' ? token.text.slice(0, 10) : canonicalWallTime(token.text), type: { is: kind } };
  }

  #case(): RuleNode {
    const start = this.#cursor.peek();
    const subject = start.is === 'name' && start.text === 'when' ? undefined : this.expression();
    const when: { condition: RuleNode; result: RuleNode }[] = [];
    while (this.#cursor.takeName('when')) {
      const at = this.#cursor.peek();
      const condition = this.expression();
      this.#cursor.expectName('then');
      when.push({ condition: subject === undefined ? this.#nodes.boolean(condition, at) : this.#nodes.compare('=', subject, condition, at), result: this.expression() });
    }
    if (when.length === 0) this.#cursor.fail('CASE needs WHEN … THEN …', start);
    const otherwise = this.#cursor.takeName('else') ? this.expression() : NULL;
    this.#cursor.expectName('end');
    const type = this.#nodes.commonOf([...when.map(({ result }) => result), otherwise], start);
    return { node: 'case', when, otherwise, type };
  }

  #column(token: Token): RuleNode {
    const type = this.#columns.get(token.text);
    if (type === undefined) return this.#cursor.fail(`there is no column ${token.text}; columns are ${[...this.#columns.keys()].join(', ')}`, token);
    return { node: 'column', name: token.text, type };
  }

  /** `a, b, c)`: the rest of a list whose parenthesis is open. */
  #list(): RuleNode[] {
    const values: RuleNode[] = [];
    if (this.#cursor.takeSymbol(')')) return values;
    do values.push(this.expression()); while (this.#cursor.takeSymbol(','));
    this.#cursor.expectSymbol(')');
    return values;
  }
}

const not = (negated: boolean, of: RuleNode): RuleNode => (negated ? { node: 'not', of, type: BOOLEAN } : of);
