// Files as they go into manifests: checked against the table, metrics kept and bounds cut as the table's properties say.
import { MillraceError } from '../../base/index.ts';
import { truncateLower, truncateUpper } from '../format/truncate-bounds.ts';
import { currentSchema, specById } from '../format/metadata.ts';
import { forEachField, primitiveTypes } from '../format/schema.ts';
import type { ColumnMetrics, DataFile, TableMetadata, Value } from '../types.ts';

/** Throws `bad_input` for a file that cannot be part of the table. */
export function prepareFiles(files: readonly DataFile[], metadata: TableMetadata): DataFile[] {
  const paths = new Set<string>();
  const modes = metricsModes(metadata);
  return files.map((file) => {
    const fields = specById(metadata, file.specId).fields.length;
    if (paths.has(file.path)) throw new MillraceError('bad_input', 'the file is given twice in one commit', { where: file.path });
    if (file.partition.length !== fields) {
      throw new MillraceError('bad_input', `the file has ${file.partition.length} partition values, its spec has ${fields} fields`, { where: file.path });
    }
    if (file.fileSizeInBytes <= 0n || file.recordCount < 0n) throw new MillraceError('bad_input', 'the file has no size, or a negative count of rows', { where: file.path });
    paths.add(file.path);
    return file.content === 0 ? { ...file, metrics: keptMetrics(file.metrics, modes) } : file;
  });
}

type Mode = 'none' | 'counts' | 'full' | number;

/** Columns beyond this number have no metrics unless the table asks for them by name, as in the reference implementation. */
const DEFAULT_MOST_COLUMNS = 100;

const modesOf = new WeakMap<TableMetadata, ReadonlyMap<number, Mode>>();

/** `write.metadata.metrics.*`: none, counts, full, or truncate(n) with n as number; by field id. */
function metricsModes(metadata: TableMetadata): ReadonlyMap<number, Mode> {
  const known = modesOf.get(metadata);
  if (known !== undefined) return known;
  const { properties } = metadata;
  const schema = currentSchema(metadata);
  const most = Number(properties['write.metadata.metrics.max-inferred-column-defaults'] ?? DEFAULT_MOST_COLUMNS);
  const byDefault = properties['write.metadata.metrics.default'];
  const types = primitiveTypes(schema);
  const modes = new Map<number, Mode>();
  forEachField(schema, (id, _type, path) => {
    if (!types.has(id)) return;
    const inferred = byDefault === undefined && modes.size >= most ? 'none' : byDefault ?? 'truncate(16)';
    modes.set(id, parseMode(properties[`write.metadata.metrics.column.${path}`] ?? inferred));
  });
  modesOf.set(metadata, modes);
  return modes;
}

function parseMode(text: string): Mode {
  const match = /^truncate\((\d+)\)$/i.exec(text.trim());
  if (match !== null) return Number(match[1]);
  const mode = text.trim().toLowerCase();
  return mode === 'none' || mode === 'counts' || mode === 'full' ? mode : 16;
}

function keptMetrics(metrics: ColumnMetrics, modes: ReadonlyMap<number, Mode>): ColumnMetrics {
  const modeOf = (id: number): Mode => modes.get(id) ?? 'counts';
  const counted = <V>(map: Record<number, V>) => pick(map, (id) => modeOf(id) !== 'none');
  const bounds = (map: Record<number, Value>, cut: (value: Value, length: number) => Value | undefined) => {
    const kept: Record<number, Value> = {};
    for (const [key, value] of Object.entries(map)) {
      const mode = modeOf(Number(key));
      const bound = mode === 'full' ? value : typeof mode === 'number' ? cut(value, mode) : undefined;
      if (bound !== undefined && !(typeof bound === 'number' && Number.isNaN(bound))) kept[Number(key)] = bound;
    }
    return kept;
  };
  return {
    columnSizes: counted(metrics.columnSizes),
    valueCounts: counted(metrics.valueCounts),
    nullValueCounts: counted(metrics.nullValueCounts),
    ...(metrics.nanValueCounts === undefined ? {} : { nanValueCounts: counted(metrics.nanValueCounts) }),
    lowerBounds: bounds(metrics.lowerBounds, truncateLower),
    upperBounds: bounds(metrics.upperBounds, truncateUpper),
  };
}

function pick<V>(map: Record<number, V>, keep: (id: number) => boolean): Record<number, V> {
  const kept: Record<number, V> = {};
  for (const [key, value] of Object.entries(map)) if (keep(Number(key))) kept[Number(key)] = value;
  return kept;
}
