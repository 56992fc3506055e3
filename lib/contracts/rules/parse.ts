// The parser of rules: a small part of SQL's expressions, typed while it is read, so that what passes can be computed exactly
// and alike in SQL and in JavaScript.
import { ISO_DATE, ISO_TIMESTAMP } from '../grammar/times.ts';
import { patternProblem } from '../grammar/patterns.ts';
import { canonicalWallTime } from '../values/times.ts';
import type { Comparison, RuleNode, RuleType } from './ast.ts';
import { RuleError } from './error.ts';
import { tokenize, type Token } from './tokens.ts';
import { arithmeticType, common, MOST_DIGITS, nameOf, tooManyDigits } from './types.ts';

/** Types of the columns that a rule may read, by table name. */
export type RuleColumns = ReadonlyMap<string, RuleType>;

const COMPARISONS: readonly string[] = ['=', '<>', '<', '<=', '>', '>='];
const NULL: RuleNode = { node: 'literal', value: null, type: { is: 'null' } };
const BOOLEAN: RuleType = { is: 'boolean' };

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
  readonly #rule: string;
  readonly #columns: RuleColumns;
  readonly #tokens: Token[];
  #next = 0;

  constructor(rule: string, columns: RuleColumns) {
    this.#rule = rule;
    this.#columns = columns;
    this.#tokens = tokenize(rule);
  }

  expression(): RuleNode {
    let left = this.#conjunction();
    while (this.#takeName('or')) left = this.#logical('or', left, this.#conjunction());
    return left;
  }

  end(): void {
    const token = this.#peek();
    if (token.is !== 'end') this.#fail(`${token.text} is not expected here`, token);
  }

  #conjunction(): RuleNode {
    let left = this.#negation();
    while (this.#takeName('and')) left = this.#logical('and', left, this.#negation());
    return left;
  }

  #logical(node: 'and' | 'or', left: RuleNode, right: RuleNode): RuleNode {
    return { node, left: this.#boolean(left), right: this.#boolean(right), type: BOOLEAN };
  }

  #negation(): RuleNode {
    if (!this.#takeName('not')) return this.#predicate();
    return { node: 'not', of: this.#boolean(this.#negation()), type: BOOLEAN };
  }

  #predicate(): RuleNode {
    const left = this.#sum();
    const token = this.#peek();
    if (token.is === 'symbol' && COMPARISONS.includes(token.text)) {
      this.#next++;
      return this.#compare(token.text as Comparison, left, this.#sum(), token);
    }
    if (this.#takeName('is')) {
      const negated = this.#takeName('not');
      this.#expectName('null');
      return not(negated, { node: 'is_null', of: left, type: BOOLEAN });
    }
    const negated = this.#takeName('not');
    const word = this.#peek();
    if (this.#takeName('between')) {
      const low = this.#sum();
      this.#expectName('and');
      const high = this.#sum();
      return not(negated, { node: 'and', left: this.#compare('>=', left, low, word), right: this.#compare('<=', left, high, word), type: BOOLEAN });
    }
    if (this.#takeName('in')) {
      this.#expectSymbol('(');
      const values = this.#list();
      if (values.length === 0) this.#fail('IN needs at least one value', word);
      for (const value of values) this.#comparable(left, value, word);
      return not(negated, { node: 'in', of: left, values, type: BOOLEAN });
    }
    if (this.#takeName('like')) {
      return not(negated, { node: 'like', of: this.#text(left, word), pattern: this.#string('the pattern of LIKE'), type: BOOLEAN });
    }
    if (negated) this.#fail('NOT is followed by BETWEEN, IN or LIKE here', word);
    return left;
  }

  #sum(): RuleNode {
    let left = this.#product();
    for (let token = this.#peek(); token.is === 'symbol' && (token.text === '+' || token.text === '-'); token = this.#peek()) {
      this.#next++;
      left = this.#arithmetic(token.text as '+' | '-', left, this.#product(), token);
    }
    return left;
  }

  #product(): RuleNode {
    let left = this.#unary();
    for (let token = this.#peek(); token.is === 'symbol' && '*/%'.includes(token.text); token = this.#peek()) {
      if (token.text !== '*') this.#fail(`${token.text} does not give exact results: multiply the other side instead (a / b < 2 is a < 2 * b)`, token);
      this.#next++;
      left = this.#arithmetic('*', left, this.#unary(), token);
    }
    return left;
  }

  #unary(): RuleNode {
    const token = this.#peek();
    if (!this.#takeSymbol('-')) return this.#primary();
    const of = this.#unary();
    if (of.type.is !== 'number' && of.type.is !== 'null') this.#fail(`- needs a number, and this is ${nameOf(of.type)}`, token);
    return { node: 'negate', of, type: of.type };
  }

  #primary(): RuleNode {
    const token = this.#peek();
    this.#next++;
    if (token.is === 'number') return this.#number(token);
    if (token.is === 'string') return { node: 'literal', value: token.text, type: { is: 'text' } };
    if (token.is === 'symbol' && token.text === '(') {
      const inner = this.expression();
      this.#expectSymbol(')');
      return inner;
    }
    if (token.is !== 'name') return this.#fail(token.is === 'end' ? 'the rule ends where a value is expected' : `${token.text} is not a value`, token);
    switch (token.text) {
      case 'null': return NULL;
      case 'true': return { node: 'literal', value: true, type: BOOLEAN };
      case 'false': return { node: 'literal', value: false, type: BOOLEAN };
      case 'case': return this.#case();
      default:
    }
    const after = this.#peek();
    if ((token.text === 'date' || token.text === 'timestamp') && after.is === 'string') return this.#time(token.text, after);
    return this.#takeSymbol('(') ? this.#call(token) : this.#column(token);
  }

  #number(token: Token): RuleNode {
    const [integer = '', fraction = ''] = token.text.split('.');
    const type: RuleType = { is: 'number', integer: Math.max(1, integer.replace(/^0+/, '').length), scale: fraction.length };
    if (tooManyDigits(type)) this.#fail(`a number has at most ${MOST_DIGITS} digits`, token);
    return { node: 'literal', value: token.text, type };
  }

  #time(kind: 'date' | 'timestamp', token: Token): RuleNode {
    this.#next++;
    const valid = new RegExp(`^(?:${kind === 'date' ? ISO_DATE : ISO_TIMESTAMP})$`).test(token.text) && !(kind === 'timestamp' && /(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(token.text.slice(10)));
    if (!valid) this.#fail(kind === 'date' ? `${token.text} is no date; write for example DATE '2018-01-31'` : `${token.text} is no local time; write for example TIMESTAMP '2018-01-31 08:00:00'`, token);
    return { node: 'literal', value: kind === 'date' ? token.text.slice(0, 10) : canonicalWallTime(token.text), type: { is: kind } };
  }

  #case(): RuleNode {
    const start = this.#peek();
    const subject = start.is === 'name' && start.text === 'when' ? undefined : this.expression();
    const when: { condition: RuleNode; result: RuleNode }[] = [];
    while (this.#takeName('when')) {
      const at = this.#peek();
      const condition = this.expression();
      this.#expectName('then');
      when.push({ condition: subject === undefined ? this.#boolean(condition, at) : this.#compare('=', subject, condition, at), result: this.expression() });
    }
    if (when.length === 0) this.#fail('CASE needs WHEN … THEN …', start);
    const otherwise = this.#takeName('else') ? this.expression() : NULL;
    this.#expectName('end');
    const type = this.#commonOf([...when.map(({ result }) => result), otherwise], start);
    return { node: 'case', when, otherwise, type };
  }

  #call(name: Token): RuleNode {
    const values = this.#list();
    const [first] = values;
    const takes = (count: number, what: string) => {
      if (values.length !== count) this.#fail(`${name.text} takes ${what}`, name);
    };
    switch (name.text) {
      case 'coalesce':
        if (values.length === 0) this.#fail('coalesce takes at least one value', name);
        return { node: 'coalesce', of: values, type: this.#commonOf(values, name) };
      case 'abs':
        takes(1, 'one number');
        if (first!.type.is !== 'number' && first!.type.is !== 'null') this.#fail(`abs takes a number, and this is ${nameOf(first!.type)}`, name);
        return { node: 'abs', of: first!, type: first!.type };
      case 'length':
        takes(1, 'one text');
        return { node: 'length', of: this.#text(first!, name), type: { is: 'number', integer: 10, scale: 0 } };
      case 'lower':
      case 'upper':
        takes(1, 'one text');
        return { node: name.text, of: this.#text(first!, name), type: { is: 'text' } };
      case 'starts_with':
        takes(2, 'two texts');
        return { node: 'starts_with', of: this.#text(first!, name), prefix: this.#text(values[1]!, name), type: BOOLEAN };
      case 'regexp_like': {
        takes(2, 'a text and a pattern');
        const pattern = values[1]!;
        if (pattern.node !== 'literal' || typeof pattern.value !== 'string' || pattern.type.is !== 'text') return this.#fail('the pattern of regexp_like is a string', name);
        const problem = patternProblem(pattern.value);
        if (problem !== undefined) this.#fail(problem, name);
        return { node: 'regexp_like', of: this.#text(first!, name), pattern: pattern.value, type: BOOLEAN };
      }
      default:
        return this.#fail(`the function ${name.text} is not part of rules; there are coalesce, abs, length, lower, upper, starts_with, regexp_like`, name);
    }
  }

  #column(token: Token): RuleNode {
    const type = this.#columns.get(token.text);
    if (type === undefined) return this.#fail(`there is no column ${token.text}; columns are ${[...this.#columns.keys()].join(', ')}`, token);
    return { node: 'column', name: token.text, type };
  }

  #arithmetic(operator: '+' | '-' | '*', left: RuleNode, right: RuleNode, token: Token): RuleNode {
    const type = arithmeticType(operator, left.type, right.type);
    if (type === undefined) return this.#fail(`${operator} needs numbers, and this is ${nameOf(left.type)} ${operator} ${nameOf(right.type)}`, token);
    if (tooManyDigits(type)) this.#fail(`the result of ${operator} can have more than ${MOST_DIGITS} digits`, token);
    return { node: 'arithmetic', operator, left, right, type };
  }

  #compare(operator: Comparison, left: RuleNode, right: RuleNode, token: Token): RuleNode {
    this.#comparable(left, right, token);
    return { node: 'compare', operator, left, right, type: BOOLEAN };
  }

  #comparable(left: RuleNode, right: RuleNode, token: Token): void {
    const type = common(left.type, right.type);
    if (type === undefined) this.#fail(`${nameOf(left.type)} cannot be compared with ${nameOf(right.type)}`, token);
    else if (tooManyDigits(type)) this.#fail(`the comparison needs more than ${MOST_DIGITS} digits`, token);
  }

  #commonOf(nodes: readonly RuleNode[], token: Token): RuleType {
    return nodes.reduce<RuleType>((type, node) => {
      const both = common(type, node.type);
      if (both === undefined || tooManyDigits(both)) return this.#fail(`${nameOf(type)} and ${nameOf(node.type)} cannot be results of one expression`, token);
      return both;
    }, { is: 'null' });
  }

  #boolean(node: RuleNode, token: Token = this.#peek()): RuleNode {
    if (node.type.is !== 'boolean' && node.type.is !== 'null') this.#fail(`a condition is expected before this, not ${nameOf(node.type)}`, token);
    return node;
  }

  #text(node: RuleNode, token: Token): RuleNode {
    if (node.type.is !== 'text' && node.type.is !== 'null') this.#fail(`${token.text.toUpperCase()} needs text, and this is ${nameOf(node.type)}`, token);
    return node;
  }

  #string(what: string): string {
    const token = this.#peek();
    this.#next++;
    return token.is === 'string' ? token.text : this.#fail(`${what} is a string in single quotes`, token);
  }

  /** `a, b, c)`: the rest of a list whose parenthesis is open. */
  #list(): RuleNode[] {
    const values: RuleNode[] = [];
    if (this.#takeSymbol(')')) return values;
    do values.push(this.expression()); while (this.#takeSymbol(','));
    this.#expectSymbol(')');
    return values;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? this.#tokens.at(-1)!;
  }

  #take(is: Token['is'], text: string): boolean {
    const token = this.#peek();
    if (token.is !== is || token.text !== text) return false;
    this.#next++;
    return true;
  }

  #takeName(text: string): boolean {
    return this.#take('name', text);
  }

  #takeSymbol(text: string): boolean {
    return this.#take('symbol', text);
  }

  #expectName(text: string): void {
    if (!this.#takeName(text)) this.#fail(`${text.toUpperCase()} is expected here`, this.#peek());
  }

  #expectSymbol(text: string): void {
    if (!this.#takeSymbol(text)) this.#fail(`${text} is expected here`, this.#peek());
  }

  #fail(message: string, token: Token): never {
    throw new RuleError(message, this.#rule, token.at);
  }
}

const not = (negated: boolean, of: RuleNode): RuleNode => (negated ? { node: 'not', of, type: BOOLEAN } : of);
