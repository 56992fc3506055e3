// What is worth compacting: small files, and files with deletes, packed into groups of about one target file each, per partition.
import { placeOf } from '../scan/deletes.ts';
import type { TableScan } from '../scan/plan.ts';
import type { ScanFile, TableMetadata, Value } from '../types.ts';

export interface CompactionOptions {
  /** Default: `write.target-file-size-bytes`, else 512 MiB. */
  targetFileSizeBytes?: number;
  /** A group of fewer files is left alone, unless a file in it has deletes or an old partitioning. Default 5. */
  minInputFiles?: number;
  /** All files, whatever their size: for sorting a table anew. */
  rewriteAll?: boolean;
}

/** Files of one partition of one spec, to be rewritten together. */
export interface CompactionGroup { specId: number; partition: (Value | null)[]; files: ScanFile[]; bytes: bigint; rows: bigint }

const DEFAULT_TARGET_BYTES = 512 * 1024 * 1024;
const DEFAULT_MIN_INPUT_FILES = 5;
/** Files of at least this share of the target are good enough. */
const GOOD_ENOUGH = 0.75;

/** Plans on a scan; hand the same scan to `replaceFiles` as `basedOn`. Groups that save most files come first. */
export function planCompaction(metadata: TableMetadata, scan: TableScan, options: CompactionOptions = {}): CompactionGroup[] {
  const target = options.targetFileSizeBytes ?? Number(metadata.properties['write.target-file-size-bytes'] ?? DEFAULT_TARGET_BYTES);
  const minInputFiles = Math.max(2, options.minInputFiles ?? DEFAULT_MIN_INPUT_FILES);
  const isOld = (each: ScanFile) => each.file.specId !== metadata['default-spec-id'];
  const needsRewrite = (each: ScanFile) => each.positionDeletes.length > 0 || isOld(each);
  const isCandidate = (each: ScanFile) => options.rewriteAll === true || needsRewrite(each) || Number(each.file.fileSizeInBytes) < target * GOOD_ENOUGH;
  const byPlace = new Map<string, ScanFile[]>();
  for (const each of scan.files.filter(isCandidate)) {
    const key = placeOf(each.file);
    byPlace.set(key, [...(byPlace.get(key) ?? []), each]);
  }
  const groups = [...byPlace.values()].flatMap((files) => pack(files, target)).map(groupOf);
  return groups.filter((group) => options.rewriteAll === true || group.files.length >= minInputFiles || group.files.some(needsRewrite))
    .sort((left, right) => right.files.length - left.files.length);
}

/** Next-fit in order of sequence numbers, so that rows of one time stay together. */
function pack(files: readonly ScanFile[], target: number): ScanFile[][] {
  const bins: ScanFile[][] = [];
  let bin: ScanFile[] = [];
  let size = 0;
  for (const each of files.toSorted((left, right) => Number(left.sequenceNumber - right.sequenceNumber))) {
    const bytes = Number(each.file.fileSizeInBytes);
    if (bin.length > 0 && size + bytes > target) {
      bins.push(bin);
      bin = [];
      size = 0;
    }
    bin.push(each);
    size += bytes;
  }
  if (bin.length > 0) bins.push(bin);
  return bins;
}

function groupOf(files: ScanFile[]): CompactionGroup {
  const first = files[0] as ScanFile;
  return {
    specId: first.file.specId,
    partition: first.file.partition,
    files,
    bytes: files.reduce((sum, each) => sum + each.file.fileSizeInBytes, 0n),
    rows: files.reduce((sum, each) => sum + each.file.recordCount, 0n),
  };
}
