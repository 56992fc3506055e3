// Field ids for files that carry none, by a table's `schema.name-mapping.default` (Iceberg specification, "Name Mapping Serialization").
import { MillraceError, messageOf } from '../../base/index.ts';
import type { FileField } from './footer.ts';

export const NAME_MAPPING_PROPERTY = 'schema.name-mapping.default';

/** One entry of a name mapping: under which names files may have the field. */
export interface MappedField { 'field-id'?: number; names: string[]; fields?: MappedField[] }

/** Reads the table property; undefined where the table has none. */
export function nameMappingOf(properties: Readonly<Record<string, string>>): MappedField[] | undefined {
  const text = properties[NAME_MAPPING_PROPERTY];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as MappedField[];
  } catch (cause) {
    throw new MillraceError('bad_input', `the table property ${NAME_MAPPING_PROPERTY} is not JSON: ${messageOf(cause)}`, { cause });
  }
}

export function hasIds(fields: readonly FileField[]): boolean {
  return fields.some((field) => field.id !== undefined || hasIds(field.children));
}

/** The same fields with the ids that the mapping gives to their names; elements, keys and values go by these names. */
export function withMappedIds(fields: readonly FileField[], mapping: readonly MappedField[]): FileField[] {
  const byName = new Map(mapping.flatMap((mapped) => mapped.names.map((name): [string, MappedField] => [name, mapped])));
  return fields.map((field) => {
    const mapped = byName.get(field.name);
    return { ...field, id: mapped?.['field-id'], children: withMappedIds(named(field), mapped?.fields ?? []) };
  });
}

function named(field: FileField): FileField[] {
  const names = field.kind === 'list' ? ['element'] : field.kind === 'map' ? ['key', 'value'] : [];
  return field.children.map((child, at) => ({ ...child, name: names[at] ?? child.name }));
}
