// The JSON Schema of a source's records: what a producer of events can check by, before it sends.
import { columnsOf } from '../source.ts';
import type { Column, Contract } from '../types.ts';
import { validationPlan, type ColumnPlan } from '../validate/plan.ts';

type Schema = Record<string, unknown>;

/**
 * JSON Schema (2020-12) of one record. What it refuses the validator refuses too; what it cannot say (64-bit limits, rules between columns,
 * bounds of times) stands in descriptions. Numbers beyond 2^53 are sent as text.
 */
export function jsonSchema(contract: Contract): Schema {
  const plan = validationPlan(contract);
  const columns = columnsOf(contract);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: contract.name,
    description: contract.description,
    $comment: `contract version ${contract.version}`,
    type: 'object',
    properties: Object.fromEntries([
      ...(contract.stream === undefined ? [] : [['type', { const: contract.name }], ['contract_version', { type: 'string' }]]),
      ...columns.map(({ header, column }, at) => [header, columnSchema(column, plan.columns[at]!)]),
    ]),
    required: columns.filter(({ column }) => !column.nullable).map(({ header }) => header),
    additionalProperties: true,
    ...(plan.rules.length === 0 ? {} : { 'x-rules': Object.fromEntries(plan.rules.map(({ name, sql }) => [name, sql])) }),
  };
}

function columnSchema(column: Column, plan: ColumnPlan): Schema {
  const described = column.description === undefined ? {} : { description: column.description };
  const forms = [...formsOf(column, plan), ...(column.nullable ? [{ type: 'null' }, { const: '' }] : [])];
  return { ...described, ...(forms.length === 1 ? forms[0] : { anyOf: forms }) };
}

/** Every kind can be sent as text, as in a file; numbers and booleans also as what JSON has for them. */
function formsOf(column: Column, plan: ColumnPlan): Schema[] {
  switch (column.kind) {
    case 'id':
    case 'text':
      if (column.accepted !== undefined) return [{ enum: [...column.accepted] }];
      return [{ type: 'string', minLength: 1, ...(plan.pattern === undefined && plan.shape === undefined ? {} : { pattern: whole(plan.pattern ?? plan.shape!) }) }, { type: ['number', 'boolean'] }];
    case 'integer':
    case 'epoch_ms':
      return [{ type: 'integer', ...limits(plan) }, { type: 'string', pattern: whole(plan.shape!) }];
    case 'decimal':
    case 'money':
      return [{ type: 'number', ...limits(plan) }, { type: 'string', pattern: whole(plan.scaleFits ?? plan.shape!) }];
    case 'boolean':
      return [{ type: 'boolean' }, { type: 'string', pattern: whole(plan.shape!) }, { enum: [0, 1] }];
    default:
      return [{ type: 'string', pattern: whole(plan.shape!) }];
  }
}

function limits(plan: ColumnPlan): Schema {
  return { ...(plan.min === undefined ? {} : { minimum: Number(plan.min) }), ...(plan.max === undefined ? {} : { maximum: Number(plan.max) }) };
}

const whole = (pattern: string): string => `^(?:${pattern})$`;
