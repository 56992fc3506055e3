// The functions that a rule may call: what each takes, and the type of what it gives.
import { patternProblem } from '../grammar/patterns.ts';
import type { RuleNode } from './ast.ts';
import type { RuleCursor } from './cursor.ts';
import type { Token } from './tokens.ts';
import { BOOLEAN, type TypedNodes } from './typed-nodes.ts';
import { nameOf } from './types.ts';

/** The call of a function by its name with these values. */
export function callOf(name: Token, values: RuleNode[], nodes: TypedNodes, cursor: RuleCursor): RuleNode {
  const [first] = values;
  const takes = (count: number, what: string) => {
    if (values.length !== count) cursor.fail(`${name.text} takes ${what}`, name);
  };
  switch (name.text) {
    case 'coalesce':
      if (values.length === 0) cursor.fail('coalesce takes at least one value', name);
      return { node: 'coalesce', of: values, type: nodes.commonOf(values, name) };
    case 'abs':
      takes(1, 'one number');
      if (first!.type.is !== 'number' && first!.type.is !== 'null') cursor.fail(`abs takes a number, and this is ${nameOf(first!.type)}`, name);
      return { node: 'abs', of: first!, type: first!.type };
    case 'length':
      takes(1, 'one text');
      return { node: 'length', of: nodes.text(first!, name), type: { is: 'number', integer: 10, scale: 0 } };
    case 'lower':
    case 'upper':
      takes(1, 'one text');
      return { node: name.text, of: nodes.text(first!, name), type: { is: 'text' } };
    case 'starts_with':
      takes(2, 'two texts');
      return { node: 'starts_with', of: nodes.text(first!, name), prefix: nodes.text(values[1]!, name), type: BOOLEAN };
    case 'regexp_like': {
      takes(2, 'a text and a pattern');
      const pattern = values[1]!;
      if (pattern.node !== 'literal' || typeof pattern.value !== 'string' || pattern.type.is !== 'text') return cursor.fail('the pattern of regexp_like is a string', name);
      const problem = patternProblem(pattern.value);
      if (problem !== undefined) cursor.fail(problem, name);
      return { node: 'regexp_like', of: nodes.text(first!, name), pattern: pattern.value, type: BOOLEAN };
    }
    default:
      return cursor.fail(`the function ${name.text} is not part of rules; there are coalesce, abs, length, lower, upper, starts_with, regexp_like`, name);
  }
}
