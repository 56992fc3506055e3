// Rules: conditions in a small part of SQL, read once, run as SQL and as JavaScript with the same result.
export { columnsRead, type RuleNode, type RuleType } from './ast.ts';
export { RuleError } from './error.ts';
export { parseRule, type RuleColumns } from './parse.ts';
export { quote, ruleToSql, type ColumnSql } from './sql.ts';
export { compileRule, type Evaluate, type RuleValue } from './evaluate.ts';
export { typeOfColumn } from './types.ts';
