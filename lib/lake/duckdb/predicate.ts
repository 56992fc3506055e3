// Predicates as SQL conditions.
import { MillraceError } from '../../base/index.ts';
import { fieldByName } from '../format/schema.ts';
import type { Predicate, Schema } from '../types.ts';
import { quoteName, valueLiteral } from './sql-text.ts';

const COMPARISONS = { eq: '=', ne: '<>', lt: '<', le: '<=', gt: '>', ge: '>=' } as const;

/** A condition over the columns of a schema; NULL where SQL has NULL. Columns inside structs are named with dots. */
export function predicateSql(predicate: Predicate, schema: Schema): string {
  switch (predicate.op) {
    case 'true': return 'TRUE';
    case 'false': return 'FALSE';
    case 'not': return `(NOT ${predicateSql(predicate.of, schema)})`;
    case 'and':
    case 'or': {
      if (predicate.of.length === 0) return predicate.op === 'and' ? 'TRUE' : 'FALSE';
      return `(${predicate.of.map((each) => predicateSql(each, schema)).join(predicate.op === 'and' ? ' AND ' : ' OR ')})`;
    }
    case 'is_null': return `(${columnSql(predicate.column, schema)} IS NULL)`;
    case 'not_null': return `(${columnSql(predicate.column, schema)} IS NOT NULL)`;
    case 'in': {
      const { column, values } = predicate;
      return values.length === 0 ? 'FALSE' : `(${columnSql(column, schema)} IN (${values.map((value) => literal(column, value, schema)).join(', ')}))`;
    }
    default: return `(${columnSql(predicate.column, schema)} ${COMPARISONS[predicate.op]} ${literal(predicate.column, predicate.value, schema)})`;
  }
}

function columnSql(name: string, schema: Schema): string {
  fieldByName(schema, name);
  const isTopLevel = schema.fields.some((field) => field.name === name);
  return isTopLevel ? quoteName(name) : name.split('.').map(quoteName).join('.');
}

function literal(column: string, value: Parameters<typeof valueLiteral>[1], schema: Schema): string {
  const { type } = fieldByName(schema, column);
  if (typeof type !== 'string') throw new MillraceError('bad_input', `${column} is a ${type.type}, which cannot be compared`);
  return valueLiteral(type, value);
}
