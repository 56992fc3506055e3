// The table that a model fills: made empty where it is new, and changed in the very commit that brings the rows where the model changed.
import { MillraceError } from '../../base/index.ts';
import {
  canWiden, currentSchema, partitioningChange, schemaChange, sameShape, sortOrderChange, tableNameOf, type ColumnDefinition, type Field, type MetadataChange,
  type SchemaChange, type Table, type TableMetadata,
} from '../../lake/index.ts';
import { icebergTypeOf } from '../models/column-types.ts';
import type { Model, ResultColumn } from '../types.ts';
import { findTable, type RunContext } from './context.ts';
import type { ModelPlan } from './plan.ts';

/** The table of a model; an empty one is made where there is none. */
export async function ensureTable(context: RunContext, model: Model, plan: ModelPlan): Promise<Table> {
  const existing = await findTable(context.lake, model.name);
  if (existing !== undefined) return existing;
  try {
    return await context.lake.createTable(tableNameOf(model.name), {
      columns: definitionsOf(model, plan.columns),
      partitionBy: model.partitionBy,
      sortBy: model.sortBy,
      properties: propertiesOf(model),
    });
  } catch (error) {
    const made = error instanceof MillraceError && error.code === 'conflict' ? await findTable(context.lake, model.name) : undefined;
    if (made === undefined) throw error;
    return made;
  }
}

/** What the model's columns, partitioning and sort order change in the table's metadata; the same object where that is nothing. */
export function evolutionOf(model: Model, plan: ModelPlan): MetadataChange {
  return (metadata) => {
    const changes = schemaChangesTowards(model, metadata, plan.columns);
    const isBreaking = changes.some(({ op }) => op === 'drop');
    // A column that the old partitioning uses can go only after it.
    const unpartitioned = isBreaking ? sortOrderChange([])(partitioningChange([])(metadata)) : metadata;
    const evolved = changes.length === 0 ? metadata : schemaChange(changes)(unpartitioned);
    return withProperties(sortOrderChange(model.sortBy)(partitioningChange(model.partitionBy)(evolved)), propertiesOf(model));
  };
}

function withProperties(metadata: TableMetadata, wanted: Readonly<Record<string, string>>): TableMetadata {
  const isSame = Object.entries(wanted).every(([key, value]) => metadata.properties[key] === value);
  return isSame ? metadata : { ...metadata, properties: { ...metadata.properties, ...wanted } };
}

function propertiesOf(model: Model): Record<string, string> {
  return { comment: model.description, 'millrace.owner': model.owner, 'millrace.kind': model.kind };
}

function definitionsOf(model: Model, columns: readonly ResultColumn[]): ColumnDefinition[] {
  return columns.map((column) => {
    const doc = model.columns[column.name];
    return { name: column.name, type: icebergTypeOf(column), ...(doc === undefined ? {} : { doc }) };
  });
}

/** Columns that are gone are dropped; one of another type is dropped and made anew, since all rows are computed again then. */
function schemaChangesTowards(model: Model, metadata: TableMetadata, columns: readonly ResultColumn[]): SchemaChange[] {
  const fields = new Map(currentSchema(metadata).fields.map((field): [string, Field] => [field.name, field]));
  const wanted = new Set(columns.map(({ name }) => name));
  const changes: SchemaChange[] = [];
  const gone = [...fields.keys()].filter((name) => !wanted.has(name));
  let previous: string | undefined;
  for (const column of definitionsOf(model, columns)) {
    const field = fields.get(column.name);
    const place = previous === undefined ? { first: true as const } : { after: previous };
    previous = column.name;
    if (field === undefined) changes.push({ op: 'add', column, place });
    else if (!sameShape(field.type, column.type)) {
      const { type } = column;
      if (typeof field.type === 'string' && typeof type === 'string' && canWiden(field.type, type)) changes.push({ op: 'widen', column: column.name, type });
      else changes.push({ op: 'drop', column: column.name }, { op: 'add', column, place });
    } else if (column.doc !== undefined && column.doc !== field.doc) changes.push({ op: 'document', column: column.name, doc: column.doc });
  }
  return [...changes, ...gone.map((column): SchemaChange => ({ op: 'drop', column }))];
}

/** Refuses a header that speaks of columns which the SELECT does not give. */
export function checkColumns(model: Model, columns: readonly ResultColumn[]): void {
  const names = new Set(columns.map(({ name }) => name));
  const documented = Object.keys(model.columns).find((name) => !names.has(name));
  if (documented !== undefined) {
    throw new MillraceError('bad_input', `the header describes a column ${documented}, which the SELECT does not give`, {
      where: model.file, todo: `It gives ${[...names].join(', ')}.`,
    });
  }
  for (const [what, name] of [...model.key.map((name) => ['key', name]), ...(model.time === undefined ? [] : [['time', model.time.column]])]) {
    if (name === undefined || names.has(name)) continue;
    throw new MillraceError('bad_input', `the ${what} ${name} is no column of the SELECT`, { where: model.file, todo: `It gives ${[...names].join(', ')}.` });
  }
  const time = columns.find(({ name }) => name === model.time?.column);
  if (time !== undefined && time.type !== 'date' && !time.type.startsWith('timestamp')) {
    throw new MillraceError('bad_input', `the time column ${time.name} is ${time.type}`, { where: model.file, todo: 'It has to be a date or a timestamp.' });
  }
}
