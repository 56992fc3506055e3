// Upkeep of the tables that a stream is delivered into, as it goes: small files together, few manifests, few snapshots, little metadata.
import { messageOf, type Clock } from '../../base/index.ts';
import { textOf, type Lake, type SnapshotRef, type Table, type TableMetadata, type TableName } from '../../lake/index.ts';
import { compactTable, type Database } from '../../lake/duckdb/index.ts';

export interface UpkeepSettings {
  /** Upkeep of a table after so many commits; default 20. */
  commits: number;
  /** So many of the newest snapshots stay; default 8. */
  snapshots: number;
  /** Younger snapshots stay; default 15 s. */
  keepMilliseconds: number;
  /** So long do the files stay readable that a compaction replaces, for queries under way; default two minutes. */
  readableMilliseconds: number;
}

export const UPKEEP_DEFAULTS: UpkeepSettings = Object.freeze({ commits: 20, snapshots: 8, keepMilliseconds: 15_000, readableMilliseconds: 120_000 });

/** Metadata files that stay when a commit makes the next one. */
const METADATA_VERSIONS = 5;
const METADATA_PROPERTY = 'write.metadata.previous-versions-max';
/** Manifests are put together from here on. */
const MOST_MANIFESTS = 5;
/**
 * Small files become middle ones, those become large: no row is written again more often than there are sizes. Bytes of a file that is
 * large enough, and how many smaller ones are worth it.
 */
const TIERS = [{ targetFileSize: 1 << 20, minInputFiles: 16 }, { targetFileSize: 16 << 20, minInputFiles: 8 }, { targetFileSize: 256 << 20, minInputFiles: 8 }] as const;
const DAY_MS = 86_400_000;

const COMPACTION_TAG = 'millrace.compacted-';
const READER_TAG = 'millrace.read-by-';

export interface UpkeepOptions {
  lake: Lake;
  database: Database;
  clock: Clock;
  settings?: Partial<UpkeepSettings>;
  /** Snapshots of a table that others go on from, by who they are: models that compute only what changed since. Those stay. */
  readers?: (table: TableName) => Promise<ReadonlyMap<string, bigint>>;
  onFailure?: (table: TableName, message: string) => void;
}

/** Does its work beside the delivery, one table at a time; a failure of it stops nothing. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #settings: UpkeepSettings;
  readonly #commits = new Map<string, number>();
  #work: Promise<void> = Promise.resolve();

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#settings = { ...UPKEEP_DEFAULTS, ...options.settings };
  }

  /** Counts a commit; begins the upkeep of the table where it is due. */
  readonly afterCommit = (table: Table): void => {
    const name = textOf(table.name);
    const commits = (this.#commits.get(name) ?? 0) + 1;
    this.#commits.set(name, commits < this.#settings.commits ? commits : 0);
    if (commits < this.#settings.commits) return;
    this.#work = this.#work.then(() => this.keep(table.name)).catch((thrown: unknown) => this.#options.onFailure?.(table.name, messageOf(thrown)));
  };

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#work;
  }

  /** The upkeep of one table, now. */
  async keep(name: TableName): Promise<void> {
    const table = await this.#options.lake.loadTable(name);
    await this.#compact(table);
    await this.#holdReaders(table);
    await table.expireSnapshots({ olderThanMilliseconds: this.#settings.keepMilliseconds, keepAtLeast: this.#settings.snapshots });
  }

  async #compact(table: Table): Promise<void> {
    const { database, clock } = this.#options;
    const { currentSnapshot } = table;
    if (currentSnapshot === undefined) return;
    if ((await table.context.store.readManifests(currentSnapshot)).length >= MOST_MANIFESTS) await table.rewriteManifests();
    const today = BigInt(Math.floor(clock.now() / DAY_MS) * DAY_MS) * 1000n;
    const isByDay = table.spec.fields.some(({ transform }) => transform === 'day');
    const passes = [
      ...TIERS.map((tier) => ({ ...tier })),
      // Days that are over: nothing comes to their files any more.
      ...(isByDay ? [{ targetFileSize: 256 << 20, minInputFiles: 2, where: { op: 'lt', column: '_ingested_at', value: today } as const }] : []),
    ];
    let isTagged = false;
    for (const pass of passes) {
      const scan = await table.scan('where' in pass ? { filter: pass.where } : {});
      if (table.planCompaction(scan, { targetFileSizeBytes: pass.targetFileSize, minInputFiles: pass.minInputFiles }).length === 0) continue;
      if (!isTagged) await table.tag(`${COMPACTION_TAG}${clock.now()}`, { maxAgeMilliseconds: this.#settings.readableMilliseconds });
      isTagged = true;
      await database.use((session) => compactTable(session, table, { ...pass, summary: { 'millrace.upkeep': 'stream' } }));
    }
  }

  /** A tag a reader, moved as the reader moves; tags of readers that are gone go. */
  async #holdReaders(table: Table): Promise<void> {
    const readers = await this.#options.readers?.(table.name) ?? new Map<string, bigint>();
    await table.change((metadata) => {
      const refs: Record<string, SnapshotRef> = {};
      for (const [name, ref] of Object.entries(metadata.refs)) if (!name.startsWith(READER_TAG)) refs[name] = ref;
      const known = new Set(metadata.snapshots.map((snapshot) => snapshot['snapshot-id']));
      for (const [reader, id] of readers) if (known.has(id)) refs[READER_TAG + reader] = { 'snapshot-id': id, type: 'tag' };
      return sameRefs(refs, metadata.refs) ? metadata : { ...metadata, refs };
    });
  }
}

/** Keeps few old metadata files of a table that is committed to every second; a number that somebody set stays. */
export async function keepFewMetadataFiles(table: Table): Promise<void> {
  await table.change((metadata: TableMetadata) => (metadata.properties[METADATA_PROPERTY] === DEFAULT_VERSIONS
    ? { ...metadata, properties: { ...metadata.properties, [METADATA_PROPERTY]: String(METADATA_VERSIONS) } }
    : metadata));
}

/** What the lake gives a new table. */
const DEFAULT_VERSIONS = '100';

function sameRefs(left: Readonly<Record<string, SnapshotRef>>, right: Readonly<Record<string, SnapshotRef>>): boolean {
  const text = (refs: Readonly<Record<string, SnapshotRef>>): string => JSON.stringify(Object.entries(refs).map(([name, ref]) => [name, String(ref['snapshot-id'])]).sort());
  return text(left) === text(right);
}
