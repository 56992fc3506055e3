// A rule as SQL, for DuckDB. Numbers are DECIMALs whose digits were counted when the rule was read, so nothing overflows or rounds.
import type { RuleNode, RuleType } from './ast.ts';

/** How a column is read as its type in a rule: a SQL expression that is NULL where the text is empty or no such value. */
export type ColumnSql = (name: string) => string;

/** The condition as a SQL expression: true, false or NULL. */
export function ruleToSql(node: RuleNode, column: ColumnSql): string {
  const sql = (each: RuleNode) => ruleToSql(each, column);
  switch (node.node) {
    case 'column':
      return node.type.is === 'number' ? `CAST(${column(node.name)} AS ${decimalOf(node.type)})` : column(node.name);
    case 'literal':
      return literal(node.value, node.type);
    case 'negate':
      return node.type.is === 'null' ? 'NULL' : `(-${sql(node.of)})`;
    case 'arithmetic':
      return node.type.is === 'number' ? `CAST(${wide(node.left, node.type, sql)} ${node.operator} ${sql(node.right)} AS ${decimalOf(node.type)})` : 'NULL';
    case 'compare':
      return `(${sql(node.left)} ${node.operator} ${sql(node.right)})`;
    case 'and':
    case 'or':
      return `(${sql(node.left)} ${node.node.toUpperCase()} ${sql(node.right)})`;
    case 'not':
      return `(NOT ${sql(node.of)})`;
    case 'is_null':
      return `(${sql(node.of)} IS NULL)`;
    case 'in':
      return `(${sql(node.of)} IN (${node.values.map(sql).join(', ')}))`;
    case 'like':
      return isNull(node.of) ? 'CAST(NULL AS BOOLEAN)' : `(${sql(node.of)} LIKE ${quote(node.pattern)})`;
    case 'regexp_like':
      return isNull(node.of) ? 'CAST(NULL AS BOOLEAN)' : `regexp_matches(${sql(node.of)}, ${quote(node.pattern)}, 's')`;
    case 'case':
      return `(CASE ${node.when.map(({ condition, result }) => `WHEN ${sql(condition)} THEN ${sql(result)}`).join(' ')} ELSE ${sql(node.otherwise)} END)`;
    case 'coalesce':
      return `coalesce(${node.of.map(sql).join(', ')})`;
    case 'length':
      return isNull(node.of) ? 'NULL' : `CAST(length(${sql(node.of)}) AS DECIMAL(10,0))`;
    case 'abs':
    case 'lower':
    case 'upper':
      return isNull(node.of) ? 'NULL' : `${node.node}(${sql(node.of)})`;
    case 'starts_with':
      return isNull(node.of) || isNull(node.prefix) ? 'CAST(NULL AS BOOLEAN)' : `starts_with(${sql(node.of)}, ${sql(node.prefix)})`;
  }
}

function literal(value: string | boolean | null, type: RuleType): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return String(value).toUpperCase();
  switch (type.is) {
    case 'number': return `CAST('${value}' AS ${decimalOf(type)})`;
    case 'date': return `DATE '${value}'`;
    case 'timestamp': return `TIMESTAMP '${value}'`;
    default: return quote(value);
  }
}

/** DuckDB computes two decimals of up to 18 digits in 64 bits, and fails beyond; a wider operand makes it take 128. */
function wide(node: RuleNode, result: RuleType & { is: 'number' }, sql: (node: RuleNode) => string): string {
  if (node.type.is !== 'number' || result.integer + result.scale <= 18) return sql(node);
  const { integer, scale } = node.type;
  return `CAST(${sql(node)} AS ${decimalOf({ is: 'number', integer: Math.max(integer, 19 - scale), scale })})`;
}

const isNull = (node: RuleNode): boolean => node.type.is === 'null';
const decimalOf = (type: RuleType & { is: 'number' }): string => `DECIMAL(${type.integer + type.scale},${type.scale})`;

/** A SQL string literal. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
