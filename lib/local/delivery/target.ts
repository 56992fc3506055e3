// One table that a stream is delivered into: rows and the shards' marks go in by one commit, which is refused where another delivery moved a mark.
import { MillraceError } from '../../base/index.ts';
import type { DataFile, PropertyChange, Table } from '../../lake/index.ts';
import { markKey, marksOf, NOTHING } from './marks.ts';
import type { Row, RowWriter } from './row-writer.ts';

/** Another delivery, or a rollback, moved a mark: what is in the buffer may be in the table already, so all is read anew from the marks. */
export class MarkMoved extends MillraceError {
  constructor(table: Table, key: string, expected: string | undefined, found: string | undefined) {
    super('conflict', `another delivery moved the mark ${key} from ${expected ?? 'nothing'} to ${found ?? 'nothing'}`, {
      where: table.location, todo: 'Nothing is lost or doubled: delivery goes on from the new mark. Run one delivery at a time.',
    });
  }
}

export class Target {
  readonly name: string;
  readonly table: Table;
  /** By shard, as the table has them. */
  readonly marks: Map<string, string>;
  /** When the marks were last written. */
  markedAt: number;
  readonly #stream: string;
  readonly #writer: RowWriter;

  constructor(name: string, table: Table, stream: string, writer: RowWriter, now: number) {
    this.name = name;
    this.table = table;
    this.marks = marksOf(table.properties, stream);
    this.markedAt = now;
    this.#stream = stream;
    this.#writer = writer;
  }

  markOf(shard: string): string {
    return this.marks.get(shard) ?? NOTHING;
  }

  /** Adds rows and moves the marks; marks of `gone` shards are forgotten. */
  async commit(rows: readonly Row[], marks: ReadonlyMap<string, string>, gone: readonly string[], now: number): Promise<void> {
    const files = await this.#writer.write(this.table, rows);
    try {
      await this.table.append(files, {
        properties: this.#change(marks, gone),
        summary: { 'millrace.stream': this.#stream },
        beforeCommit: ({ metadata }) => this.#refuseMoved(metadata.properties, marks),
      });
    } catch (thrown) {
      // After any other error the commit may have come through: its files must stay, and if it has not, maintenance finds them.
      if (thrown instanceof MillraceError && thrown.code === 'conflict') await this.#discard(files);
      throw thrown;
    }
    this.#marked(marks, gone, now);
  }

  /** Moves the marks of a table that had nothing to take in. */
  async advance(marks: ReadonlyMap<string, string>, gone: readonly string[], now: number): Promise<void> {
    const { set = {}, remove = [] } = this.#change(marks, gone);
    await this.table.change((metadata) => {
      this.#refuseMoved(metadata.properties, marks);
      const properties = { ...metadata.properties, ...set };
      for (const key of remove) delete properties[key];
      return { ...metadata, properties };
    });
    this.#marked(marks, gone, now);
  }

  #change(marks: ReadonlyMap<string, string>, gone: readonly string[]): PropertyChange {
    return {
      set: Object.fromEntries(Array.from(marks, ([shard, text]) => [markKey(this.#stream, shard), text])),
      remove: gone.map((shard) => markKey(this.#stream, shard)),
    };
  }

  #refuseMoved(properties: Readonly<Record<string, string>>, marks: ReadonlyMap<string, string>): void {
    for (const shard of marks.keys()) {
      const key = markKey(this.#stream, shard);
      if (properties[key] !== this.marks.get(shard)) throw new MarkMoved(this.table, key, this.marks.get(shard), properties[key]);
    }
  }

  #marked(marks: ReadonlyMap<string, string>, gone: readonly string[], now: number): void {
    for (const [shard, text] of marks) this.marks.set(shard, text);
    for (const shard of gone) this.marks.delete(shard);
    this.markedAt = now;
  }

  async #discard(files: readonly DataFile[]): Promise<void> {
    for (const { path } of files) await this.table.context.files.delete(path).catch(() => undefined); // else the orphan sweep finds it
  }
}

/**
 * Gives every target a mark of every shard, before anything is read of it. A target that has none where `newest` has one is a table made
 * since: what came before then is in `newest`, the quarantine, refused as of an unknown type; so it begins where the quarantine is. The
 * quarantine gets its marks last: cut short, this is done again from the start.
 */
export async function initialiseMarks(targets: readonly Target[], quarantine: Target, shards: readonly string[], now: number): Promise<void> {
  for (const target of [...targets.filter((each) => each !== quarantine), quarantine]) {
    const missing = shards.filter((shard) => !target.marks.has(shard));
    if (missing.length > 0) await target.advance(new Map(missing.map((shard) => [shard, quarantine.markOf(shard)])), [], now);
  }
}
