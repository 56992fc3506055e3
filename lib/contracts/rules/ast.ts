// A rule as a tree: plain data, so that it can be written into a module at build time and needs no parser where it runs.

/** What an expression is. Numbers are exact: at most `integer` digits before the point and `scale` behind it. */
export type RuleType =
  | { is: 'number'; integer: number; scale: number }
  | { is: 'text' | 'boolean' | 'date' | 'timestamp' | 'null' };

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** Every node carries its type; booleans are SQL's three-valued ones. */
export type RuleNode = { type: RuleType } & (
  | { node: 'column'; name: string }
  /** number: digits with the type's scale · text · date `2020-01-31` · timestamp `2020-01-31 00:00:00.000000` */
  | { node: 'literal'; value: string | boolean | null }
  | { node: 'negate'; of: RuleNode }
  | { node: 'arithmetic'; operator: '+' | '-' | '*'; left: RuleNode; right: RuleNode }
  | { node: 'compare'; operator: Comparison; left: RuleNode; right: RuleNode }
  | { node: 'and' | 'or'; left: RuleNode; right: RuleNode }
  | { node: 'not'; of: RuleNode }
  | { node: 'is_null'; of: RuleNode }
  | { node: 'in'; of: RuleNode; values: RuleNode[] }
  | { node: 'like' | 'regexp_like'; of: RuleNode; pattern: string }
  | { node: 'case'; when: { condition: RuleNode; result: RuleNode }[]; otherwise: RuleNode }
  | { node: 'coalesce'; of: RuleNode[] }
  | { node: 'abs' | 'length' | 'lower' | 'upper'; of: RuleNode }
  | { node: 'starts_with'; of: RuleNode; prefix: RuleNode }
);

/** The columns a rule reads, each once. */
export function columnsRead(node: RuleNode): string[] {
  const names = new Set<string>();
  visit(node, (each) => {
    if (each.node === 'column') names.add(each.name);
  });
  return [...names];
}

function visit(node: RuleNode, see: (node: RuleNode) => void): void {
  see(node);
  for (const child of childrenOf(node)) visit(child, see);
}

function childrenOf(node: RuleNode): RuleNode[] {
  switch (node.node) {
    case 'column':
    case 'literal':
      return [];
    case 'arithmetic':
    case 'compare':
    case 'and':
    case 'or':
      return [node.left, node.right];
    case 'in':
      return [node.of, ...node.values];
    case 'case':
      return [...node.when.flatMap(({ condition, result }) => [condition, result]), node.otherwise];
    case 'coalesce':
      return node.of;
    case 'starts_with':
      return [node.of, node.prefix];
    default:
      return [node.of];
  }
}
