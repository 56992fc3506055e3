// The words of a rule, each with its place.
import { RuleError } from './error.ts';

export type Token =
  | { is: 'name' | 'number' | 'string' | 'symbol'; text: string; at: number }
  | { is: 'end'; text: ''; at: number };

const WORD = /\s+|([A-Za-z_][A-Za-z0-9_]*)|([0-9]+(?:\.[0-9]+)?)|('(?:[^']|'')*')|(<=|>=|<>|!=|[-+*/%(),=<>])/y;

/** Names and keywords in lower case; strings without their quotes. The last token is `end`. */
export function tokenize(rule: string): Token[] {
  const tokens: Token[] = [];
  WORD.lastIndex = 0;
  while (WORD.lastIndex < rule.length) {
    const at = WORD.lastIndex;
    const match = WORD.exec(rule);
    if (match === null) {
      throw new RuleError(rule[at] === "'" ? 'a string that starts here has no end' : `${rule[at]} is not part of a rule`, rule, at);
    }
    const [, name, number, string, symbol] = match;
    if (name !== undefined) tokens.push({ is: 'name', text: name.toLowerCase(), at });
    else if (number !== undefined) tokens.push({ is: 'number', text: number, at });
    else if (string !== undefined) tokens.push({ is: 'string', text: string.slice(1, -1).replaceAll("''", "'"), at });
    else if (symbol !== undefined) tokens.push({ is: 'symbol', text: symbol === '!=' ? '<>' : symbol, at });
  }
  tokens.push({ is: 'end', text: '', at: rule.length });
  return tokens;
}
