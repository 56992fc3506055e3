// millrace history: every snapshot of a table that is kept, newest first.
import { number, table } from '../terminal.ts';
import { tableNamed } from '../names.ts';
import { withRuntime } from '../runtime.ts';
import { present, type Verb } from '../verb.ts';

export const history: Verb = {
  examples: ['millrace history silver.orders', 'millrace query "SELECT count(*) FROM silver.orders FOR VERSION AS OF <snapshot>"'],
  async run(invocation) {
    await withRuntime(invocation, async ({ lake }) => {
      const { metadata } = await tableNamed(lake, invocation.arguments[0] as string);
      const tags = new Map<bigint, string[]>();
      for (const [name, ref] of Object.entries(metadata.refs)) tags.set(ref['snapshot-id'], [...(tags.get(ref['snapshot-id']) ?? []), name]);
      const current = metadata['current-snapshot-id'];
      const rows = [...metadata.snapshots].reverse().map((snapshot) => ({
        snapshot: String(snapshot['snapshot-id']),
        parent: snapshot['parent-snapshot-id'] === undefined ? null : String(snapshot['parent-snapshot-id']),
        at: new Date(snapshot['timestamp-ms']).toISOString(),
        operation: snapshot.summary.operation,
        added: Number(snapshot.summary['added-records'] ?? 0),
        deleted: Number(snapshot.summary['deleted-records'] ?? 0),
        total: Number(snapshot.summary['total-records'] ?? 0),
        run: snapshot.summary['millrace.run-id'] ?? null,
        current: snapshot['snapshot-id'] === current,
        tags: (tags.get(snapshot['snapshot-id']) ?? []).filter((name) => name !== 'main'),
      }));
      present(invocation, rows, () => {
        invocation.terminal.out(rows.length === 0 ? 'no snapshot yet: the table is empty\n' : table(invocation.terminal, ['', 'snapshot', 'at', 'operation', '+rows', '-rows', 'rows', 'tags'],
          rows.map((row) => [row.current ? '→' : '', row.snapshot, row.at.replace('T', ' ').slice(0, 19), row.operation, number(row.added), number(row.deleted), number(row.total), row.tags.join(', ')])));
      });
    });
  },
};
