// Which live files a commit removes: named ones, whole partitions, those that match a filter, or all.
import { MillraceError } from '../../base/index.ts';
import type { ManifestEntry } from '../format/manifest.ts';
import type { ManifestFile } from '../format/manifest-list.ts';
import { schemasCurrentFirst, specById } from '../format/metadata.ts';
import { typedPartitionFields } from '../format/partition.ts';
import { compareValues, tupleKey } from '../format/values.ts';
import { factsOfManifest } from '../scan/facts.ts';
import type { RangeFacts } from '../scan/evaluate.ts';
import type { FileFilter } from '../scan/filter.ts';
import type { DataFile, TableMetadata, Value } from '../types.ts';

/** Says which live files a commit removes; made anew for each base. */
export interface FileSelector {
  /** Whether the manifest may hold such a file. */
  mayContain(manifest: ManifestFile): boolean;
  selects(entry: ManifestEntry): boolean;
  /** Called after all manifests were seen; throws `conflict` where a file that must be there was not. */
  finish(): void;
}

export type Tuple = readonly (Value | null)[];

/** Every data file and delete file. */
export function everyFile(): FileSelector {
  return { mayContain: () => true, selects: () => true, finish: () => undefined };
}

/** Exactly these files; each must be live. */
export function namedFiles(metadata: TableMetadata, files: readonly DataFile[]): FileSelector {
  const missing = new Map(files.map((file) => [file.path, file]));
  const places = new PlaceIndex(metadata, files);
  const paths = new Set(missing.keys());
  return {
    mayContain: (manifest) => places.mayBeIn(manifest),
    selects: ({ file }) => {
      if (!paths.has(file.path)) return false;
      missing.delete(file.path);
      return true;
    },
    finish: () => {
      const [first] = missing.keys();
      if (first === undefined) return;
      throw new MillraceError('conflict', `${missing.size === 1 ? 'a file' : `${missing.size} files`} that this commit replaces are no longer in the table`, {
        where: first, todo: 'Another writer changed or compacted the same rows. Read the table again and repeat the change.',
      });
    },
  };
}

/** All files, delete files too, of these partitions of one spec. */
export function filesOfPartitions(metadata: TableMetadata, specId: number, tuples: readonly Tuple[]): FileSelector {
  const keys = new Set(tuples.map(tupleKey));
  const places = new PlaceIndex(metadata, tuples.map((partition) => ({ specId, partition })));
  return {
    mayContain: (manifest) => manifest.specId !== specId || places.mayBeIn(manifest),
    selects: ({ file }) => {
      if (file.specId === specId) return keys.has(tupleKey(file.partition));
      throw new MillraceError('unsupported', 'the table has files of an older partitioning, which may hold rows of the partitions to be replaced', {
        where: file.path, todo: 'Compact the table, so that all files have the current partitioning, or overwrite by a filter.',
      });
    },
    finish: () => undefined,
  };
}

/** Files all of whose rows match. One that holds other rows too cannot be removed whole: `bad_input`. */
export function filesMatching(filter: FileFilter): FileSelector {
  return {
    mayContain: (manifest) => filter.manifestMayMatch(manifest),
    selects: ({ file }) => {
      if (filter.mustMatch(file)) return true;
      if (file.content === 0 && filter.mayMatch(file)) {
        throw new MillraceError('bad_input', 'a file holds rows that match the filter and rows that may not', {
          where: file.path, todo: 'Use a filter that follows the partitions, or rewrite the rows of the file.',
        });
      }
      return false;
    },
    finish: () => undefined,
  };
}

/** Several selectors as one. */
export function anyOf(selectors: readonly FileSelector[]): FileSelector {
  return {
    mayContain: (manifest) => selectors.some((each) => each.mayContain(manifest)),
    selects: (entry) => selectors.filter((each) => each.selects(entry)).length > 0,
    finish: () => selectors.forEach((each) => each.finish()),
  };
}

/** The partitions of some files, to skip manifests that hold none of them. */
class PlaceIndex {
  private readonly metadata: TableMetadata;
  private readonly bySpec = new Map<number, Map<string, Tuple>>();

  constructor(metadata: TableMetadata, files: readonly { specId: number; partition: Tuple }[]) {
    this.metadata = metadata;
    for (const { specId, partition } of files) {
      const tuples = this.bySpec.get(specId) ?? new Map<string, Tuple>();
      tuples.set(tupleKey(partition), partition);
      this.bySpec.set(specId, tuples);
    }
  }

  mayBeIn(manifest: ManifestFile): boolean {
    const tuples = this.bySpec.get(manifest.specId);
    if (tuples === undefined) return false;
    const partition = typedPartitionFields(specById(this.metadata, manifest.specId), schemasCurrentFirst(this.metadata));
    const factsOf = factsOfManifest(manifest, partition);
    const facts = partition.map((_, index) => factsOf(index));
    for (const tuple of tuples.values()) {
      if (facts.every((each, index) => mayHold(each, tuple[index] ?? null))) return true;
    }
    return false;
  }
}

function mayHold(facts: RangeFacts, value: Value | null): boolean {
  if (value === null) return facts.mayBeNull;
  if (typeof value === 'number' && Number.isNaN(value)) return facts.mayBeNan;
  return facts.mayHaveValue && (facts.lower === undefined || compareValues(facts.lower, value) <= 0)
    && (facts.upper === undefined || compareValues(facts.upper, value) >= 0);
}
