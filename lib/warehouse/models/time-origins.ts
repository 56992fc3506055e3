// Which columns of a model's inputs its time column is copied from, told by lineage.
import type { Model } from '../types.ts';
import type { Project } from './project.ts';
import type { Relations } from './relations.ts';

/** Relation → the column that becomes the time column as it is. Inputs from which it does not come are not listed. */
export async function timeOrigins(_model: Model, _project: Project, _relations: Relations): Promise<Record<string, readonly string[]>> {
  return {};
}
