// Which delete files apply to which data files (Iceberg specification, "Scan Planning" and "Row-level Deletes").
import { MillraceError } from '../../base/index.ts';
import { DELETE_PATH_FIELD, type ManifestEntry } from '../format/manifest.ts';
import { compareValues, tupleKey } from '../format/values.ts';
import type { DataFile } from '../types.ts';

interface PositionDelete { file: DataFile; sequenceNumber: bigint; first: string | undefined; last: string | undefined }
interface EqualityDelete { file: DataFile; sequenceNumber: bigint }

/** Delete files by partition, with the order in time that decides whether they apply. */
export class DeleteIndex {
  private readonly positions = new Map<string, PositionDelete[]>();
  private readonly equalities = new Map<string, EqualityDelete[]>();
  private readonly everywhere: EqualityDelete[] = [];

  /** Live entries of delete manifests. `isUnpartitioned` tells of a spec id whether it has no fields: its equality deletes apply everywhere. */
  constructor(entries: Iterable<ManifestEntry>, isUnpartitioned: (specId: number) => boolean) {
    for (const { file, sequenceNumber = 0n } of entries) {
      if (file.content === 1) {
        const only = file.referencedDataFile;
        const first = only ?? file.metrics.lowerBounds[DELETE_PATH_FIELD] as string | undefined;
        const last = only ?? file.metrics.upperBounds[DELETE_PATH_FIELD] as string | undefined;
        push(this.positions, placeOf(file), { file, sequenceNumber, first, last });
      } else if (isUnpartitioned(file.specId)) this.everywhere.push({ file, sequenceNumber });
      else push(this.equalities, placeOf(file), { file, sequenceNumber });
    }
  }

  /** Position-delete files that may point into a data file: written with it or later, in the same partition, its path in their bounds. */
  positionDeletesFor(file: DataFile, sequenceNumber: bigint): DataFile[] {
    return (this.positions.get(placeOf(file)) ?? []).filter((candidate) => candidate.sequenceNumber >= sequenceNumber && covers(candidate, file.path))
      .map((candidate) => candidate.file);
  }

  /** Equality-delete files written after a data file, which may hold deletes of its rows. */
  equalityDeletesFor(file: DataFile, sequenceNumber: bigint): DataFile[] {
    return [...this.everywhere, ...(this.equalities.get(placeOf(file)) ?? [])].filter((candidate) => candidate.sequenceNumber > sequenceNumber)
      .map((candidate) => candidate.file);
  }
}

/** Spec and partition as a key: deletes apply within one. */
export function placeOf(file: DataFile): string {
  return `${file.specId}/${tupleKey(file.partition)}`;
}

function push<V>(into: Map<string, V[]>, key: string, value: V): void {
  const list = into.get(key);
  if (list === undefined) into.set(key, [value]);
  else list.push(value);
}

/** Bounds of a path may be cut short below and rounded up above, so they are only ever a range. */
function covers({ first, last }: PositionDelete, path: string): boolean {
  return (first === undefined || compareValues(first, path) <= 0) && (last === undefined || compareValues(last, path) >= 0);
}

export function refuseEqualityDeletes(dataFile: DataFile, deletes: readonly DataFile[]): void {
  const first = deletes[0];
  if (first === undefined) return;
  throw new MillraceError('unsupported', 'the table has equality deletes, which cannot be applied here', {
    where: `${first.path}, which deletes rows of ${dataFile.path}`, todo: 'Let the engine that wrote them compact the table (rewrite data files), then read it again.',
  });
}
