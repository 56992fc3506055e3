// millrace describe: everything that is known about one table.
import { bytes, number, paint, table } from '../terminal.ts';
import { tableNamed } from '../names.ts';
import { withRuntime } from '../runtime.ts';
import { present, type Verb } from '../verb.ts';

export const describe: Verb = {
  examples: ['millrace describe gold.customer_metrics', 'millrace describe bronze.orders --json'],
  async run(invocation) {
    await withRuntime(invocation, async ({ lake, project }) => {
      const name = invocation.arguments[0] as string;
      const found = await tableNamed(lake, name);
      const { models, sources } = await project();
      const model = models.get(name);
      const contract = name.startsWith('bronze.') ? sources.get(name.slice('bronze.'.length)) : undefined;
      const { schema, spec, sortOrder, currentSnapshot } = found;
      const nameOf = (id: number) => schema.fields.find((field) => field.id === id)?.name ?? String(id);
      const spelled = (transform: string, source: string) => (transform === 'identity' ? source : transform.replace(/^(\w+)(?:\[(\d+)\])?$/, (_all, word: string, width?: string) => `${word}(${width === undefined ? '' : `${width}, `}${source})`));
      const description = model?.description ?? contract?.description ?? '';
      const result = {
        table: name,
        description,
        owner: model?.owner ?? contract?.owner ?? null,
        kind: model?.kind ?? null,
        key: model?.key ?? contract?.key ?? [],
        location: found.location,
        rows: Number(currentSnapshot?.summary['total-records'] ?? 0),
        bytes: Number(currentSnapshot?.summary['total-files-size'] ?? 0),
        partitioning: spec.fields.map((field) => spelled(field.transform, nameOf(field['source-id']))),
        sorting: sortOrder.fields.map((field) => `${spelled(field.transform, nameOf(field['source-id']))} ${field.direction}`),
        columns: schema.fields.map((field) => ({
          id: field.id, name: field.name, type: typeof field.type === 'string' ? field.type : field.type.type, required: field.required,
          description: model?.columns[field.name] ?? field.doc ?? '',
        })),
        audits: (model?.audits ?? []).map(({ audit, severity, args }) => ({ audit, severity, args })),
        reads: model?.reads ?? [],
        properties: Object.fromEntries(Object.entries(found.properties).filter(([key]) => !key.startsWith('millrace.'))),
      };
      present(invocation, result, () => {
        const { terminal } = invocation;
        terminal.out(`${paint(terminal, 'bold', name)}${description ? `  ${description}` : ''}\n\n`);
        const line = (title: string, text: string) => text !== '' && terminal.out(`  ${title.padEnd(13)}${text}\n`);
        line('owner', result.owner ?? '');
        line('kind', result.kind ?? '');
        line('key', result.key.join(', '));
        line('rows', `${number(result.rows)}, ${bytes(result.bytes)}`);
        line('partitioning', result.partitioning.join(', '));
        line('sorted by', result.sorting.join(', '));
        line('reads', result.reads.join(', '));
        line('location', result.location);
        terminal.out(`\n${table(terminal, ['column', 'type', 'description'], result.columns.map((column) => [column.name, `${column.type}${column.required ? ' not null' : ''}`, column.description]), { indent: 2 })}`);
        if (result.audits.length > 0) {
          terminal.out(`\n${table(terminal, ['audit', 'severity', 'arguments'], result.audits.map(({ audit, severity, args }) => [audit, severity, JSON.stringify(args)]), { indent: 2 })}`);
        }
      });
    });
  },
};
