// Random calls of the functions of regular expressions, and texts that bring out how the engines differ.
import type { Random } from './random.ts';

/** Line feeds at ends and between, letters of several bytes, nothing at all. */
export const TEXTS: readonly string[] = ['', 'a', 'ab', 'abc', 'aab', 'b1c', 'a\nb', 'ab\n', 'é', 'aé1', '😀a', '1-2', '12,3', 'a.b', ' a b ', 'cab-', 'abab', 'bbb', 'c\n\n', '1.0'];

const ATOMS = ['a', 'b', 'c', '1', 'é', '.', '-', ',', ' ', '[ab]', '[^a]', '[a-c1]', '[é😀]', r`\.`, r`\d`, r`\w`, r`\s`, r`\D`, r`\-`, r`[\d-]`];
const QUANTIFIERS = ['*', '+', '?', '{2}', '{1,2}', '{0,1}', '*?', '+?', '??', '{1,}'];

function r(text: TemplateStringsArray): string {
  return text.raw.join('');
}

export class RandomRegexes {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  /** An expression over a column `s`. It may be one that is refused. */
  next(): string {
    const { random } = this;
    const pattern = random.pick(['', '', '^']) + this.alternatives(2) + random.pick(['', '', '$', r`\z`]);
    return random.pick([`regexp_like(s, '${pattern}')`, `regexp_extract(s, '${pattern}')`, `regexp_extract(s, '${pattern}', 1)`, `regexp_replace(s, '${pattern}', '<$0>')`,
      `regexp_replace(s, '${pattern}', '$1_')`, `regexp_replace(s, '${pattern}')`]);
  }

  private alternatives(depth: number): string {
    return this.random.chance(0.25) ? `${this.sequence(depth)}|${this.sequence(depth)}` : this.sequence(depth);
  }

  private sequence(depth: number): string {
    return Array.from({ length: 1 + Math.floor(this.random.next() * 3) }, () => this.atom(depth) + (this.random.chance(0.35) ? this.random.pick(QUANTIFIERS) : '')).join('');
  }

  private atom(depth: number): string {
    if (depth === 0 || this.random.chance(0.6)) return this.random.pick(ATOMS);
    return `${this.random.pick(['(', '(?:'])}${this.alternatives(depth - 1)})`;
  }
}
