// The place in the tokens of a rule up to which it was read, and what is said of the token there.
import { RuleError } from './error.ts';
import { tokenize, type Token } from './tokens.ts';

export class RuleCursor {
  readonly #rule: string;
  readonly #tokens: Token[];
  #next = 0;

  constructor(rule: string) {
    this.#rule = rule;
    this.#tokens = tokenize(rule);
  }

  peek(): Token {
    return this.#tokens[this.#next] ?? this.#tokens.at(-1)!;
  }

  /** The token here; the next one is here then. */
  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }

  takeName(text: string): boolean {
    return this.#takeIf('name', text);
  }

  takeSymbol(text: string): boolean {
    return this.#takeIf('symbol', text);
  }

  expectName(text: string): void {
    if (!this.takeName(text)) this.fail(`${text.toUpperCase()} is expected here`, this.peek());
  }

  expectSymbol(text: string): void {
    if (!this.takeSymbol(text)) this.fail(`${text} is expected here`, this.peek());
  }

  expectString(what: string): string {
    const token = this.take();
    return token.is === 'string' ? token.text : this.fail(`${what} is a string in single quotes`, token);
  }

  /** @throws RuleError with the place of the token. */
  fail(message: string, token: Token): never {
    throw new RuleError(message, this.#rule, token.at);
  }

  #takeIf(is: Token['is'], text: string): boolean {
    const token = this.peek();
    if (token.is !== is || token.text !== text) return false;
    this.#next++;
    return true;
  }
}
