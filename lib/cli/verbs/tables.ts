// millrace tables: what is in the lake.
import { MillraceError } from '../../base/index.ts';
import { number, bytes, table } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';
import { withRuntime } from '../runtime.ts';

export const tables: Verb = {
  examples: ['millrace tables', 'millrace tables gold --json'],
  async run(invocation) {
    await withRuntime(invocation, async ({ lake, project }) => {
      const [namespace] = invocation.arguments;
      const names = await lake.listTables(namespace);
      if (namespace !== undefined && names.length === 0) {
        const there = [...new Set((await lake.listTables()).map((one) => one.namespace))];
        throw new MillraceError('not_found', `there are no tables in the namespace '${namespace}'`, { todo: there.length === 0 ? 'There are none at all yet; `millrace ingest` makes the first ones.' : `There are ${there.join(', ')}.` });
      }
      const models = (await project()).models;
      const rows = await Promise.all(names.map(async (name) => {
        const { metadata, currentSnapshot } = await lake.loadTable(name);
        const full = `${name.namespace}.${name.name}`;
        const count = (key: string) => Number(currentSnapshot?.summary[key] ?? 0);
        return {
          table: full,
          rows: count('total-records'),
          files: count('total-data-files'),
          bytes: count('total-files-size'),
          snapshots: metadata.snapshots.length,
          updated: new Date(currentSnapshot?.['timestamp-ms'] ?? metadata['last-updated-ms']).toISOString(),
          description: models.get(full)?.description ?? '',
        };
      }));
      rows.sort((a, b) => ORDER.indexOf(layerOf(a.table)) - ORDER.indexOf(layerOf(b.table)) || (a.table < b.table ? -1 : 1));
      present(invocation, rows, () => {
        if (rows.length === 0) return invocation.terminal.out('no tables yet; `millrace ingest` makes the first ones\n');
        invocation.terminal.out(table(invocation.terminal, ['table', 'rows', 'files', 'size', 'snapshots', 'description'],
          rows.map((row) => [row.table, number(row.rows), number(row.files), bytes(row.bytes), number(row.snapshots), row.description])));
      });
    });
  },
};

const ORDER = ['bronze', 'silver', 'gold', 'ops'];

function layerOf(table: string): string {
  return table.split('.')[0] ?? '';
}
