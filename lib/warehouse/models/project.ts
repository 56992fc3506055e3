// A project's models, audits and sources, loaded and checked: what every other part of the warehouse starts from.
import type { Contract } from '../../contracts/index.ts';
import type { Analysis } from '../dialect/index.ts';
import type { AuditDefinition } from '../audits/definition.ts';
import type { Model } from '../types.ts';
import type { Graph } from './graph.ts';

export interface Project {
  /** By name, in running order. */
  readonly models: ReadonlyMap<string, Model>;
  readonly graph: Graph;
  readonly audits: ReadonlyMap<string, AuditDefinition>;
  readonly sources: ReadonlyMap<string, Contract>;
  /** Columns, types and lineage by model; none of a model that reads tables whose columns nothing declares. */
  readonly analyses: ReadonlyMap<string, Analysis>;
}

/** Tables that are made by other parts than models and contracts, and that a model or a query may read. */
export const SYSTEM_TABLES: readonly string[] = ['bronze.rejected', 'ops.files', 'ops.runs', 'ops.ledger', 'ops.audits'];
