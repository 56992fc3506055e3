// A project's models, audits and sources, loaded and checked: what every other part of the warehouse starts from.
import type { Contract } from '../../contracts/index.ts';
import type { Analysis } from '../dialect/index.ts';
import type { AuditDefinition } from '../audits/definition.ts';
import type { Model, ResultColumn } from '../types.ts';
import type { Graph } from './graph.ts';

export interface Project {
  /** By name, in running order. */
  readonly models: ReadonlyMap<string, Model>;
  readonly graph: Graph;
  readonly audits: ReadonlyMap<string, AuditDefinition>;
  readonly sources: ReadonlyMap<string, Contract>;
  /** Columns, types and lineage by model; none of a model that reads tables whose columns nothing declares. */
  readonly analyses: ReadonlyMap<string, Analysis>;
  readonly systemTables: SystemTables;
}

/**
 * By name, the columns of tables that neither a model nor a contract declares and that a model may read, `bronze.rejected` for one; undefined
 * where only the lake knows them.
 */
export type SystemTables = Readonly<Record<string, readonly ResultColumn[] | undefined>>;
