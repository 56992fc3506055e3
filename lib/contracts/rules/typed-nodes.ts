// Nodes of a rule that have types: what does not fit together is refused where it stands.
import type { Comparison, RuleNode, RuleType } from './ast.ts';
import type { RuleCursor } from './cursor.ts';
import type { Token } from './tokens.ts';
import { arithmeticType, common, MOST_DIGITS, nameOf, tooManyDigits } from './types.ts';

export const NULL: RuleNode = { node: 'literal', value: null, type: { is: 'null' } };
export const BOOLEAN: RuleType = { is: 'boolean' };

/** Each is given the token at which a refusal points. */
export class TypedNodes {
  readonly #cursor: RuleCursor;

  constructor(cursor: RuleCursor) {
    this.#cursor = cursor;
  }

  arithmetic(operator: '+' | '-' | '*', left: RuleNode, right: RuleNode, token: Token): RuleNode {
    const type = arithmeticType(operator, left.type, right.type);
    if (type === undefined) return this.#cursor.fail(`${operator} needs numbers, and this is ${nameOf(left.type)} ${operator} ${nameOf(right.type)}`, token);
    if (tooManyDigits(type)) this.#cursor.fail(`the result of ${operator} can have more than ${MOST_DIGITS} digits`, token);
    return { node: 'arithmetic', operator, left, right, type };
  }

  compare(operator: Comparison, left: RuleNode, right: RuleNode, token: Token): RuleNode {
    this.checkComparable(left, right, token);
    return { node: 'compare', operator, left, right, type: BOOLEAN };
  }

  /** Refuses two values that cannot be compared. */
  checkComparable(left: RuleNode, right: RuleNode, token: Token): void {
    const type = common(left.type, right.type);
    if (type === undefined) this.#cursor.fail(`${nameOf(left.type)} cannot be compared with ${nameOf(right.type)}`, token);
    else if (tooManyDigits(type)) this.#cursor.fail(`the comparison needs more than ${MOST_DIGITS} digits`, token);
  }

  /** The type that the results of one expression have together. */
  commonOf(nodes: readonly RuleNode[], token: Token): RuleType {
    return nodes.reduce<RuleType>((type, node) => {
      const both = common(type, node.type);
      if (both === undefined || tooManyDigits(both)) return this.#cursor.fail(`${nameOf(type)} and ${nameOf(node.type)} cannot be results of one expression`, token);
      return both;
    }, { is: 'null' });
  }

  /** The node, which has to be a condition. */
  boolean(node: RuleNode, token: Token = this.#cursor.peek()): RuleNode {
    if (node.type.is !== 'boolean' && node.type.is !== 'null') this.#cursor.fail(`a condition is expected before this, not ${nameOf(node.type)}`, token);
    return node;
  }

  /** The node, which has to be a text. */
  text(node: RuleNode, token: Token): RuleNode {
    if (node.type.is !== 'text' && node.type.is !== 'null') this.#cursor.fail(`${token.text.toUpperCase()} needs text, and this is ${nameOf(node.type)}`, token);
    return node;
  }
}
