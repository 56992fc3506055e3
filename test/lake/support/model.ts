// A table's rows kept beside its files, and transactions that read, wait and commit: for testing that commits are serializable.
import { MillraceError } from '../../../lib/base/index.ts';
import type { DataFile, Predicate, ScanFile, Table, TableScan } from '../../../lib/lake/index.ts';

export interface Row { id: number; part: string; value: number }

/** What each data file holds: the model's stand-in for Parquet. */
export class RowStore {
  private readonly rows = new Map<string, Row[]>();
  private serial = 0;

  write(table: Table, rows: readonly Row[]): DataFile[] {
    const parts = [...new Set(rows.map((row) => row.part))];
    return parts.map((part) => {
      const own = rows.filter((row) => row.part === part);
      this.serial += 1;
      const path = `${table.dataLocation}/${part}-${this.serial}.parquet`;
      this.rows.set(path, own);
      const ids = own.map((row) => BigInt(row.id)).sort((a, b) => Number(a - b));
      const count = BigInt(own.length);
      return {
        content: 0, path, format: 'PARQUET', specId: table.spec['spec-id'], partition: [part], recordCount: count, fileSizeInBytes: count * 10n,
        metrics: {
          columnSizes: {}, valueCounts: { 1: count, 2: count }, nullValueCounts: { 1: 0n, 2: 0n },
          lowerBounds: { 1: ids[0] as bigint, 2: part }, upperBounds: { 1: ids.at(-1) as bigint, 2: part },
        },
      };
    });
  }

  rowsOf(files: readonly ScanFile[]): Row[] {
    return files.flatMap(({ file }) => this.rows.get(file.path) ?? []);
  }
}

/** State → state; what a transaction means when it runs alone. */
export type Effect = (rows: readonly Row[]) => Row[];

/** A transaction that has read a snapshot and has not committed yet. */
export interface Pending { name: string; touches: string[]; effect: Effect; commit(): Promise<void> }

const inParts = (parts: readonly string[]): Predicate => ({ op: 'in', column: 'part', values: [...parts] });
const sum = (rows: readonly Row[]) => rows.reduce((total, row) => total + row.value, 0);
const byId = (left: Row, right: Row) => left.id - right.id;

/** Every kind of change, begun on what `table` holds now. `nextId` gives row ids that nobody else has. */
export const TRANSACTIONS: Record<string, (table: Table, store: RowStore, parts: [string, string], nextId: () => number) => Promise<Pending>> = {
  async append(table, store, [p], nextId) {
    const rows = [{ id: nextId(), part: p, value: 1 }, { id: nextId(), part: p, value: 3 }];
    const files = store.write(table, rows);
    return { name: 'append', touches: [], effect: (state) => [...state, ...rows], commit: async () => void await table.append(files) };
  },

  /** Collapses a partition into one row with the sum of its values. */
  async overwritePartition(table, store, [p], nextId) {
    const scan = await table.scan({ filter: inParts([p]) });
    const id = nextId();
    const collapse = (state: readonly Row[]): Row[] => [...state.filter((row) => row.part !== p), { id, part: p, value: sum(state.filter((row) => row.part === p)) }];
    const files = store.write(table, collapse(store.rowsOf(scan.files)));
    return { name: 'overwritePartition', touches: [p], effect: collapse, commit: async () => void await table.overwrite(files, { partitions: [[p]] }, { basedOn: scan }) };
  },

  async overwriteWhere(table, store, [p], nextId) {
    const scan = await table.scan({ filter: inParts([p]) });
    const id = nextId();
    const count = (state: readonly Row[]): Row[] => [...state.filter((row) => row.part !== p), { id, part: p, value: state.filter((row) => row.part === p).length }];
    const files = store.write(table, count(store.rowsOf(scan.files)));
    return {
      name: 'overwriteWhere', touches: [p], effect: count,
      commit: async () => void await table.overwrite(files, { where: { op: 'eq', column: 'part', value: p } }, { basedOn: scan }),
    };
  },

  /** Doubles every row of the table. */
  async overwriteAll(table, store) {
    const scan = await table.scan();
    const double = (state: readonly Row[]): Row[] => state.map((row) => ({ ...row, value: row.value * 2 % 1000 }));
    const files = store.write(table, double(store.rowsOf(scan.files)));
    return { name: 'overwriteAll', touches: ['*'], effect: double, commit: async () => void await table.overwrite(files, { all: true }, { basedOn: scan }) };
  },

  /** Deletes odd values of a partition, copy on write. */
  async deleteRows(table, store, [p]) {
    const scan = await table.scan({ filter: inParts([p]) });
    const goes = (row: Row) => row.part === p && row.value % 2 === 1;
    const touched = scan.files.filter((each) => store.rowsOf([each]).some(goes));
    const add = store.write(table, store.rowsOf(touched).filter((row) => !goes(row)));
    return {
      name: 'deleteRows', touches: [p], effect: (state) => state.filter((row) => !goes(row)),
      commit: async () => void await table.rewriteFiles({ remove: touched.map(({ file }) => file), add }, { basedOn: scan, reads: inParts([p]) }),
    };
  },

  /** Write skew, if it were let through: reads two partitions, writes one. Of two such, crossed, only one may win. */
  async transfer(table, store, [p, q]) {
    const scan = await table.scan({ filter: inParts([p, q]) });
    const dropLargest = (state: readonly Row[]): Row | undefined => {
      const own = state.filter((row) => row.part === p).sort((left, right) => left.value - right.value || byId(left, right));
      return own.length + state.filter((row) => row.part === q).length > 2 ? own.at(-1) : undefined;
    };
    const gone = dropLargest(store.rowsOf(scan.files));
    const touched = scan.files.filter((each) => gone !== undefined && store.rowsOf([each]).some((row) => row.id === gone.id));
    const add = store.write(table, store.rowsOf(touched).filter((row) => row.id !== gone?.id));
    return {
      name: 'transfer', touches: [p, q],
      effect: (state) => {
        const goes = dropLargest(state);
        return state.filter((row) => row.id !== goes?.id);
      },
      commit: async () => void await table.rewriteFiles({ remove: touched.map(({ file }) => file), add }, { basedOn: scan, reads: inParts([p, q]) }),
    };
  },

  async compact(table, store, [p]) {
    const scan = await table.scan({ filter: inParts([p]) });
    const remove = scan.files.map(({ file }) => file);
    const add = store.write(table, store.rowsOf(scan.files));
    return { name: 'compact', touches: [p], effect: (state) => [...state], commit: async () => void await table.replaceFiles({ remove, add }, { basedOn: scan }) };
  },

  /** Metadata only; means whatever the partition holds when it commits. */
  async deletePartition(table, _store, [p]) {
    return {
      name: 'deletePartition', touches: [p], effect: (state) => state.filter((row) => row.part !== p),
      commit: async () => void await table.deleteWhere({ op: 'eq', column: 'part', value: p }),
    };
  },

  async rewriteManifests(table) {
    return { name: 'rewriteManifests', touches: [], effect: (state) => [...state], commit: async () => void await table.rewriteManifests({ entriesPerManifest: 5 }) };
  },

  async setProperty(table, _store, [p]) {
    return { name: 'setProperty', touches: [], effect: (state) => [...state], commit: async () => table.setProperties({ set: { [`seen.${p}`]: 'yes' } }) };
  },
};

export function contents(store: RowStore, scan: TableScan): Row[] {
  return store.rowsOf(scan.files).toSorted(byId);
}

export function sorted(rows: readonly Row[]): Row[] {
  return rows.toSorted(byId);
}

/** True: committed. False: refused as a conflict. Anything else is thrown. */
export async function tryCommit(pending: Pending): Promise<boolean> {
  try {
    await pending.commit();
    return true;
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'conflict') return false;
    throw error;
  }
}
