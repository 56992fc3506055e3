// One filter, compiled for each partition spec of a table: which manifests and files may hold matching rows, which hold only such.
import type { ManifestFile } from '../format/manifest-list.ts';
import { schemasCurrentFirst, specById } from '../format/metadata.ts';
import { typedPartitionFields, type TypedPartitionField } from '../format/partition.ts';
import type { DataFile, TableMetadata } from '../types.ts';
import type { BoundPredicate } from './bound.ts';
import { allMustMatch, anyCanMatch, type FactsOf } from './evaluate.ts';
import { factsOfFile, factsOfManifest, factsOfTuple } from './facts.ts';
import { projectInclusively, projectStrictly } from './projection.ts';

interface OfSpec { partition: readonly TypedPartitionField[]; inclusive: BoundPredicate; strict: BoundPredicate }

export class FileFilter {
  private readonly metadata: TableMetadata;
  private readonly predicate: BoundPredicate;
  private readonly bySpec = new Map<number, OfSpec>();
  private readonly floats: ReadonlySet<number>;

  constructor(metadata: TableMetadata, predicate: BoundPredicate) {
    this.metadata = metadata;
    this.predicate = predicate;
    this.floats = new Set(metadata.schemas.flatMap(({ fields }) => fields).filter(({ type }) => type === 'float' || type === 'double').map(({ id }) => id));
  }

  manifestMayMatch(manifest: ManifestFile): boolean {
    const { partition, inclusive } = this.ofSpec(manifest.specId);
    return anyCanMatch(inclusive, factsOfManifest(manifest, partition));
  }

  /** By partition alone: all that can be asked of a delete file. */
  partitionMayMatch(file: Pick<DataFile, 'specId' | 'partition'>): boolean {
    return anyCanMatch(this.ofSpec(file.specId).inclusive, factsOfTuple(file));
  }

  mayMatch(file: DataFile): boolean {
    if (file.recordCount === 0n || !this.partitionMayMatch(file)) return false;
    return file.content !== 0 || anyCanMatch(this.predicate, this.factsOf(file));
  }

  /** Every row of the file matches. */
  mustMatch(file: DataFile): boolean {
    if (allMustMatch(this.ofSpec(file.specId).strict, factsOfTuple(file))) return true;
    return file.content === 0 && allMustMatch(this.predicate, this.factsOf(file));
  }

  private factsOf(file: DataFile): FactsOf {
    return factsOfFile(file, (id) => this.floats.has(id));
  }

  private ofSpec(specId: number): OfSpec {
    let compiled = this.bySpec.get(specId);
    if (compiled === undefined) {
      const partition = typedPartitionFields(specById(this.metadata, specId), schemasCurrentFirst(this.metadata));
      compiled = { partition, inclusive: projectInclusively(this.predicate, partition), strict: projectStrictly(this.predicate, partition) };
      this.bySpec.set(specId, compiled);
    }
    return compiled;
  }
}
