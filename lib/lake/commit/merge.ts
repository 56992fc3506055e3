// Merging small manifests as they pile up, so that a table of many small commits stays quick to plan.
import { DELETED, EXISTING, type ManifestEntry } from '../format/manifest.ts';
import type { ManifestFile } from '../format/manifest-list.ts';
import { compareValues } from '../format/values.ts';
import type { TableMetadata, Value } from '../types.ts';

const DEFAULT_MIN_COUNT = 100;
const DEFAULT_TARGET_BYTES = 8 * 1024 * 1024;

/** Reads a setting that must be a whole number of at least `least`; anything else counts as not set. */
function setting(metadata: TableMetadata, key: string, byDefault: number, least: number): number {
  const value = Number(metadata.properties[key] ?? byDefault);
  return Number.isInteger(value) && value >= least ? value : byDefault;
}

/**
 * Merges manifests of one spec and content once there are `commit.manifest.min-count-to-merge` of about the same number of entries: small
 * ones become a middle one, many middle ones a large one, so that no entry is written again more often than its table has orders of
 * magnitude. Manifests of the target size, and those that the commit under way wrote, are left alone.
 */
export async function mergeManifests(
  metadata: TableMetadata, manifests: readonly ManifestFile[], snapshotId: bigint,
  read: (manifests: readonly ManifestFile[]) => Promise<(readonly ManifestEntry[])[]>,
  write: (key: string, entries: ManifestEntry[]) => ManifestFile,
): Promise<ManifestFile[]> {
  if (metadata.properties['commit.manifest-merge.enabled'] === 'false') return [...manifests];
  const minCount = setting(metadata, 'commit.manifest.min-count-to-merge', DEFAULT_MIN_COUNT, 2);
  const target = setting(metadata, 'commit.manifest.target-size-bytes', DEFAULT_TARGET_BYTES, 1);
  const groups = new Map<string, ManifestFile[]>();
  for (const manifest of manifests) {
    if (manifest.addedSnapshotId === snapshotId || manifest.length >= target) continue;
    const key = `${manifest.specId}/${manifest.content}/${tierOf(manifest, minCount)}`;
    groups.set(key, [...(groups.get(key) ?? []), manifest]);
  }
  const replaced = new Set<ManifestFile>();
  const merged: ManifestFile[] = [];
  for (const group of groups.values()) {
    if (group.length < minCount) continue;
    for (const bin of binsOf(group, target)) {
      const entries = (await read(bin)).flat().filter((entry) => entry.status !== DELETED);
      merged.push(write(`merge:${bin.map((manifest) => manifest.path).join('|')}`, entries.map((entry) => ({ ...entry, status: EXISTING }))));
      for (const manifest of bin) replaced.add(manifest);
    }
  }
  return [...merged, ...manifests.filter((manifest) => !replaced.has(manifest))];
}

/** 0 for manifests of fewer entries than are merged at once, 1 for what such a merge makes, and so on. */
function tierOf(manifest: ManifestFile, minCount: number): number {
  const entries = manifest.addedFilesCount + manifest.existingFilesCount;
  let tier = 0;
  for (let size = minCount; entries >= size; size *= minCount) tier += 1;
  return tier;
}

/** Neighbours in bins of at most the target size, at least two each: order keeps files of one time together. */
function binsOf(manifests: readonly ManifestFile[], target: number): ManifestFile[][] {
  const bins: ManifestFile[][] = [];
  let bin: ManifestFile[] = [];
  let size = 0n;
  for (const manifest of manifests) {
    if (bin.length > 0 && size + manifest.length > target) {
      bins.push(bin);
      bin = [];
      size = 0n;
    }
    bin.push(manifest);
    size += manifest.length;
  }
  bins.push(bin);
  return bins.filter((each) => each.length > 1);
}

/** Groups of entries, one a new manifest: sorted by partition, data and deletes and specs apart. */
export function regroup(entries: readonly ManifestEntry[], entriesPerManifest: number): ManifestEntry[][] {
  const byKind = new Map<string, ManifestEntry[]>();
  for (const entry of entries) {
    const key = `${entry.file.specId}/${entry.file.content === 0 ? 0 : 1}`;
    const group = byKind.get(key);
    if (group === undefined) byKind.set(key, [{ ...entry, status: EXISTING }]);
    else group.push({ ...entry, status: EXISTING });
  }
  return [...byKind.values()].flatMap((group) => {
    const sorted = group.sort((left, right) => compareTuples(left.file.partition, right.file.partition));
    const chunks: ManifestEntry[][] = [];
    for (let at = 0; at < sorted.length; at += entriesPerManifest) chunks.push(sorted.slice(at, at + entriesPerManifest));
    return chunks;
  });
}

function compareTuples(left: readonly (Value | null)[], right: readonly (Value | null)[]): number {
  for (let index = 0; index < left.length; index++) {
    const a = left[index] ?? null;
    const b = right[index] ?? null;
    const order = a === null || b === null ? Number(b === null) - Number(a === null) : compareValues(a, b);
    if (order !== 0) return order;
  }
  return 0;
}
