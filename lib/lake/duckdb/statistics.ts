// From what DuckDB reports of a written file to the metrics of a manifest entry.
import { truncateLower, truncateUpper } from '../format/truncate-bounds.ts';
import type { ColumnMetrics, IcebergType, PrimitiveType, Schema, Value } from '../types.ts';
import { valueFromText } from './value-text.ts';

/** A row of `COPY … (RETURN_STATS)`, statistics by quoted path of names, such as `"address"."city"`. */
export interface FileStatistics {
  filename: string;
  count: bigint;
  file_size_bytes: bigint;
  column_statistics: { key: string; value: { key: string; value: string | null }[] }[];
  partition_keys: { key: string; value: string | null }[] | null;
}

/** Bounds of texts and bytes are cut to this many characters or bytes, as Iceberg's own writers do. */
const BOUND_LENGTH = 16;

/**
 * Metrics by field id. Elements of lists and maps get sizes alone: counts and bounds of repeated values mean nothing to a filter.
 * A bound that cannot be given exactly enough is left out, which readers take as unknown.
 */
export function metricsOf(schema: Schema, file: FileStatistics): ColumnMetrics {
  const metrics: ColumnMetrics = { columnSizes: {}, valueCounts: {}, nullValueCounts: {}, nanValueCounts: {}, lowerBounds: {}, upperBounds: {} };
  const byPath = new Map(file.column_statistics.map(({ key, value }) => [key, new Map(value.map((each) => [each.key, each.value ?? '']))]));
  forEachLeaf(schema, (id, type, path, isRepeated) => {
    const statistics = byPath.get(path);
    if (statistics === undefined) return;
    const size = statistics.get('column_size_bytes');
    if (size !== undefined) metrics.columnSizes[id] = BigInt(size);
    const bounds = boundsOf(type, statistics); // also of repeated values: this is what refuses an infinite time
    if (isRepeated) return;
    metrics.valueCounts[id] = BigInt(statistics.get('num_values') ?? file.count);
    const nulls = statistics.get('null_count');
    if (nulls !== undefined) metrics.nullValueCounts[id] = BigInt(nulls);
    if (statistics.get('has_nan') === 'false' && metrics.nanValueCounts !== undefined) metrics.nanValueCounts[id] = 0n;
    if (bounds.lower !== undefined) metrics.lowerBounds[id] = bounds.lower;
    if (bounds.upper !== undefined) metrics.upperBounds[id] = bounds.upper;
  });
  return metrics;
}

function boundsOf(type: PrimitiveType, statistics: ReadonlyMap<string, string>): { lower?: Value; upper?: Value } {
  const min = statistics.get('min');
  const max = statistics.get('max');
  const lower = min === undefined ? undefined : valueFromText(type, min);
  const upper = max === undefined ? undefined : valueFromText(type, max);
  switch (type) {
    // Engines do not agree on the order of UUIDs (signed in Java, unsigned elsewhere), so a range of them would lose rows.
    case 'uuid': return {};
    case 'string':
    case 'binary': return {
      lower: lower === undefined ? undefined : truncateLower(lower, BOUND_LENGTH),
      upper: upper === undefined ? undefined : truncateUpper(upper, BOUND_LENGTH),
    };
    case 'float':
    case 'double':
      // −0 is below +0 for Iceberg and equal for DuckDB. NaN is above all numbers for some engines, and DuckDB's maximum may leave it out.
      return {
        lower: Number.isNaN(lower) ? undefined : lower === 0 ? -0 : lower,
        upper: statistics.get('has_nan') !== 'false' || Number.isNaN(upper) ? undefined : upper === 0 ? 0 : upper,
      };
    default: return { lower, upper };
  }
}

/** Calls back for every primitive field with its path as DuckDB writes it. */
function forEachLeaf(
  schema: Schema,
  visit: (id: number, type: PrimitiveType, path: string, isRepeated: boolean) => void,
): void {
  const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const walk = (id: number, type: IcebergType, path: string, isRepeated: boolean): void => {
    if (typeof type === 'string') return visit(id, type, path, isRepeated);
    switch (type.type) {
      case 'struct': return type.fields.forEach((field) => walk(field.id, field.type, `${path}.${quoted(field.name)}`, isRepeated));
      case 'list': return walk(type['element-id'], type.element, `${path}."element"`, true);
      case 'map':
        walk(type['key-id'], type.key, `${path}."key"`, true);
        walk(type['value-id'], type.value, `${path}."value"`, true);
    }
  };
  for (const field of schema.fields) walk(field.id, field.type, quoted(field.name), false);
}
