// What is wrong with a rule, and at which character.

export class RuleError extends Error {
  readonly rule: string;
  /** Zero-based position in the rule. */
  readonly at: number;

  constructor(message: string, rule: string, at: number) {
    super(message);
    this.name = 'RuleError';
    this.rule = rule;
    this.at = at;
  }

  /** The rule with a mark under the place, as a terminal shows it. */
  get picture(): string {
    return `${this.rule}\n${' '.repeat(this.at)}^`;
  }
}
