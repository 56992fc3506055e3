// What manifests tell of a file's columns and of a manifest's partitions, as facts that predicates are tried on.
import { StoredMetrics } from '../format/manifest.ts';
import type { ManifestFile, PartitionSummary } from '../format/manifest-list.ts';
import type { TypedPartitionField } from '../format/partition.ts';
import { valueFromBytes } from '../format/single-value.ts';
import type { DataFile, PrimitiveType } from '../types.ts';
import { factsOfValue, NOTHING_KNOWN, type FactsOf, type RangeFacts } from './evaluate.ts';

/**
 * Facts of a data file's columns by field id, from its counts and bounds. `isFloat` tells the columns that can hold NaN; without it whatever
 * has numbers for bounds may be one, dates and integers too.
 */
export function factsOfFile({ metrics }: DataFile, isFloat?: (id: number) => boolean): FactsOf {
  return (id) => {
    const { values, nulls, nans, lower, upper } = metrics instanceof StoredMetrics ? metrics.of(id) : {
      values: metrics.valueCounts[id], nulls: metrics.nullValueCounts[id], nans: metrics.nanValueCounts?.[id], lower: metrics.lowerBounds[id], upper: metrics.upperBounds[id],
    };
    const mayBeFloat = isFloat?.(id) ?? (typeof lower === 'number' || typeof upper === 'number' || (lower === undefined && upper === undefined));
    const present = values === undefined ? undefined : values - (nulls ?? 0n) - (nans ?? 0n);
    return {
      lower, upper,
      mayBeNull: nulls === undefined || nulls > 0n,
      mayBeNan: nans === undefined ? mayBeFloat && (lower !== undefined || upper !== undefined || present !== 0n) : nans > 0n,
      mayHaveValue: present === undefined || nulls === undefined || present > 0n,
    };
  };
}

/** Facts of a partition tuple by index. */
export function factsOfTuple(file: Pick<DataFile, 'partition'>): FactsOf {
  return (index) => factsOfValue(file.partition[index]);
}

/** Facts of a manifest's partitions by index, from its line in the manifest list. */
export function factsOfManifest(manifest: ManifestFile, partition: readonly TypedPartitionField[]): FactsOf {
  return (index) => {
    const summary = manifest.partitions?.[index];
    const field = partition[index];
    return summary === undefined || field === undefined ? NOTHING_KNOWN : factsOfSummary(summary, field.resultType);
  };
}

function factsOfSummary(summary: PartitionSummary, type: PrimitiveType): RangeFacts {
  const isFloat = type === 'float' || type === 'double';
  const value = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : valueFromBytes(type, bytes));
  return {
    lower: value(summary.lowerBound),
    upper: value(summary.upperBound),
    mayBeNull: summary.containsNull,
    mayBeNan: isFloat && summary.containsNan !== false,
    mayHaveValue: summary.lowerBound !== undefined || summary.upperBound !== undefined,
  };
}
