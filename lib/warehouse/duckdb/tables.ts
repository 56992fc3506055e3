// The tables that a query names, found in the lake and among the staging places, as relations for DuckDB.
import { MillraceError } from '../../base/index.ts';
import type { Lake, Predicate, ScanFile, Schema, Table, TimeTravel } from '../../lake/index.ts';
import { scanSql } from '../../lake/duckdb/index.ts';
import { tableReferences, type TableReference } from '../dialect/index.ts';
import { STAGING } from '../engine/bind.ts';
import { athenaTypeOf } from '../models/column-types.ts';
import { didYouMean } from '../models/near.ts';
import type { ResultColumn } from '../types.ts';
import { metadataColumns } from '../engine/metadata-columns.ts';
import { metadataRelation } from './metadata-tables.ts';
import { conditionsOf } from './pruning.ts';
import type { Stagings } from './stagings.ts';

/** A table in a query: its columns with Athena's types, and DuckDB's text for it. */
export interface ResolvedTable { columns: readonly ResultColumn[]; relation: string }

/** Texts kept; one of a table of many files is long. */
const MOST_REMEMBERED = 300;
/** So few files are opened sooner than conditions are looked for. */
const FEW_FILES = 4;

export class Tables {
  private readonly lake: Lake;
  private readonly stagings: Stagings;
  private readonly remembered = new Map<string, ResolvedTable>();

  constructor(lake: Lake, stagings: Stagings) {
    this.lake = lake;
    this.stagings = stagings;
  }

  /** Every table that bound SQL names, by `keyOf`. Throws `not_found`, with near names, for one that there is not. */
  async resolve(sql: string): Promise<ReadonlyMap<string, ResolvedTable>> {
    const withPosition = sql.includes('"$path"') || sql.includes('"$pos"');
    const references = new Map(tableReferences(sql).map((reference) => [keyOf(reference), reference]));
    let conditions: ReturnType<typeof conditionsOf> | undefined;
    const filterOf = (key: string, schema: Schema) => (conditions ??= conditionsOf(sql, keyOf))(key, schema);
    const found = [...references].map(async ([key, reference]) => [key, await this.resolveOne(reference, withPosition, (schema) => filterOf(key, schema))] as const);
    return new Map(await Promise.all(found));
  }

  private async resolveOne(reference: TableReference, withPosition: boolean, filterOf: (schema: Schema) => Predicate | undefined): Promise<ResolvedTable> {
    const [namespace = '', name = ''] = reference.name.split('.');
    if (namespace === STAGING) return this.staged(name, withPosition);
    const table = await this.lake.findTable({ namespace, name });
    if (table === undefined) throw await this.unknown(reference.name);
    const travel = travelOf(reference, table);
    if (reference.metadata !== undefined) {
      return { columns: metadataColumns(reference.metadata), relation: await metadataRelation(reference.metadata, table, travel) };
    }
    // The past may have had other columns: it is read without a filter.
    const isWorthIt = Number(table.currentSnapshot?.summary['total-data-files'] ?? Infinity) > FEW_FILES;
    const filter = isWorthIt && Object.keys(travel).length === 0 ? filterOf(table.schema) : undefined;
    const key = `${table.pointer.metadataLocation}|${travelKey(travel)}|${withPosition}|${filterText(filter)}`;
    const known = this.remembered.get(key);
    if (known !== undefined) return known;
    const { schema, files } = await table.scan(filter === undefined ? travel : { filter });
    const found = resolved(schema, files, withPosition, table);
    this.remember(key, found);
    return found;
  }

  private async staged(name: string, withPosition: boolean): Promise<ResolvedTable> {
    const { schema, spec, files } = await this.stagings.get(name);
    const scanFiles = files.map((file): ScanFile => ({ file, sequenceNumber: 0n, snapshotId: 0n, positionDeletes: [] }));
    return { columns: columnsOf(schema), relation: `(${scanSql({ schema, files: scanFiles, specs: [spec] }, { withPosition })})` };
  }

  private remember(key: string, found: ResolvedTable): void {
    this.remembered.set(key, found);
    const oldest = this.remembered.keys().next().value;
    if (this.remembered.size > MOST_REMEMBERED && oldest !== undefined) this.remembered.delete(oldest);
  }

  private async unknown(name: string): Promise<MillraceError> {
    const known = (await this.lake.listTables()).map((table) => `${table.namespace}.${table.name}`);
    return new MillraceError('not_found', `there is no table ${name}`, { todo: didYouMean(name, known) ?? 'See `millrace tables` for the names.' });
  }
}

/** Tells references apart that read other rows or columns. */
export function keyOf({ name, metadata, travel }: TableReference): string {
  const when = travel === undefined ? '' : travel.by === 'snapshot' ? travel.id : travel.by === 'tag' ? travel.name : travel.micros;
  return `${name}|${metadata ?? ''}|${travel?.by ?? ''}|${when}`;
}

/** A pin to the snapshot that is current anyway reads with the columns that the table has now. */
function travelOf({ travel }: TableReference, table: Table): TimeTravel {
  switch (travel?.by) {
    case undefined: return {};
    case 'snapshot': return travel.id === table.metadata['current-snapshot-id'] ? {} : { snapshotId: travel.id };
    case 'tag': return { ref: travel.name };
    case 'timestamp': return { asOf: Number(travel.micros / 1000n) };
  }
}

function filterText(filter: Predicate | undefined): string {
  return filter === undefined ? '' : JSON.stringify(filter, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

function travelKey({ snapshotId, ref, asOf }: TimeTravel): string {
  return `${snapshotId ?? ''}|${ref ?? ''}|${asOf ?? ''}`;
}

function resolved(schema: Schema, files: readonly ScanFile[], withPosition: boolean, { metadata }: Table): ResolvedTable {
  const source = { schema, files, specs: metadata['partition-specs'], properties: metadata.properties };
  return { columns: columnsOf(schema), relation: `(${scanSql(source, { withPosition })})` };
}

function columnsOf(schema: Schema): ResultColumn[] {
  return schema.fields.map(({ name, type }) => ({ name, type: athenaTypeOf(type) }));
}
