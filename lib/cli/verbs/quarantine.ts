// millrace quarantine: the rows that were set aside, why, and how they come back.
import { MillraceError } from '../../base/index.ts';
import { listQuarantine, replayQuarantine, showQuarantine, supersede, sweepFolder, type IngestContext, type SourceReplay } from '../../ingest/index.ts';
import { ingestContext, type Runtime } from '../../local/index.ts';
import { withRuntime } from '../runtime.ts';
import { number, paint, table } from '../terminal.ts';
import { present, type Invocation, type Verb, type VerbOption } from '../verb.ts';

const FILTER: readonly VerbOption[] = [
  { flags: '--source <name>', description: 'only rows of this source' },
  { flags: '--file <name>', description: 'only rows of this file (name or id)' },
  { flags: '--stream <name>', description: 'only records that came by this stream' },
  { flags: '--reason <code>', description: 'only rows refused for this reason' },
];

function filterOf({ options }: Invocation): { source?: string; file?: string; stream?: string; reason?: string } {
  return Object.fromEntries(['source', 'file', 'stream', 'reason'].flatMap((name) => (typeof options[name] === 'string' ? [[name, options[name]]] : [])));
}

/** What to work with; records that services put aside meanwhile are swept in first, so that nothing is missing from the quarantine. */
async function withSwept(runtime: Runtime, { signal }: Invocation): Promise<IngestContext> {
  const context = await ingestContext(runtime);
  await sweepFolder(context, runtime.home.failed, { signal });
  return context;
}

export const quarantineList: Verb = {
  options: [...FILTER, { flags: '--with-settled', description: 'also rows of files that a mended one replaced' }],
  examples: ['millrace quarantine list', 'millrace quarantine list --source order_items --json'],
  async run(invocation) {
    const { terminal } = invocation;
    await withRuntime(invocation, async (runtime) => {
      const groups = await listQuarantine(await withSwept(runtime, invocation), { ...filterOf(invocation), withSettled: invocation.options['withSettled'] === true }, invocation.signal);
      present(invocation, groups, () => {
        if (groups.length === 0) return terminal.out('  the quarantine is empty\n');
        terminal.out(table(terminal, ['rows', 'reason', 'came with', 'first line', 'what is wrong'], groups.map((group) => [
          number(group.rows), group.reason, group.file ?? `stream ${group.stream ?? ''}`, group.line === undefined ? '' : number(group.line), group.message,
        ])));
        terminal.out(`\n  ${number(groups.reduce((sum, { rows }) => sum + rows, 0))} rows. \`millrace quarantine show --reason CODE\` shows them; mend the contract, then \`millrace quarantine replay\`; or mend the file and ingest it.\n`);
      });
    });
  },
};

export const quarantineShow: Verb = {
  description: 'Shows rejected rows with file, line and byte offset, or stream, shard and sequence number, all their reasons, and the raw record. Records of sources with personal data are kept encrypted and shown only with --reveal.',
  options: [...FILTER, { flags: '--limit <number>', description: 'so many rows', default: '20' }, { flags: '--reveal', description: 'decrypt records of sources with personal data' }],
  examples: ['millrace quarantine show --reason orders.parse.too_few_fields', 'millrace quarantine show --stream events --limit 3 --json'],
  async run(invocation) {
    const { terminal, options } = invocation;
    await withRuntime(invocation, async (runtime) => {
      const limit = Number(options['limit']);
      if (!Number.isInteger(limit) || limit < 1) throw new MillraceError('usage', `--limit wants a whole number, not '${String(options['limit'])}'`);
      const rows = await showQuarantine(await withSwept(runtime, invocation), { ...filterOf(invocation), limit, reveal: options['reveal'] === true }, invocation.signal);
      present(invocation, rows, () => {
        if (rows.length === 0) return terminal.out('  nothing there\n');
        for (const row of rows) {
          terminal.out(`  ${paint(terminal, 'bold', row.reasons.join(', '))}  ${row.sequence === undefined ? (row.file ?? '') : `${row.stream}, ${row.shard}, sequence ${row.sequence}${row.subsequence === 0 ? '' : `.${row.subsequence}`}`}${row.line === undefined ? '' : `, line ${number(row.line)}`}${row.byteOffset === undefined ? '' : `, byte ${number(row.byteOffset)}`}\n    ${row.message}\n    ${paint(terminal, 'dim', row.raw?.trimEnd() ?? '(encrypted: --reveal shows it)')}\n`);
        }
      });
    });
  },
};

/** Rows that tables gain or lose, over all sources. */
function changesOf(sources: readonly SourceReplay[]): [table: string, rows: number][] {
  const total = new Map<string, number>();
  for (const { changes = {} } of sources) for (const [name, rows] of Object.entries(changes)) total.set(name, (total.get(name) ?? 0) + rows);
  return [...total].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Models that read one of the tables themselves. */
async function readersOf(runtime: Runtime, tables: readonly string[]): Promise<string[]> {
  if (tables.length === 0) return [];
  const { models } = await runtime.project();
  return [...models.values()].filter(({ reads }) => reads.some((read) => tables.includes(read))).map(({ name }) => name).sort();
}

export const quarantineReplay: Verb = {
  description: "Reads rejected rows again by today's contracts. Those that conform now go to bronze, exactly once, and leave the quarantine; then run the batch. --dry-run only tells what would change.",
  options: [...FILTER, { flags: '--dry-run', description: 'tell what would change, change nothing' }],
  examples: ['millrace quarantine replay --dry-run', 'millrace quarantine replay --source orders && millrace run batch'],
  async run(invocation) {
    const { terminal } = invocation;
    await withRuntime(invocation, async (runtime) => {
      const dryRun = invocation.options['dryRun'] === true;
      const report = await replayQuarantine(await withSwept(runtime, invocation), { ...filterOf(invocation), dryRun, signal: invocation.signal });
      const changed = changesOf(report.sources).filter(([, rows]) => rows > 0).map(([name]) => name.replace('bronze.', 'source.'));
      const readers = await readersOf(runtime, changed);
      present(invocation, { ...report, readers }, () => {
        const accepted = report.sources.reduce((sum, one) => sum + one.accepted, 0);
        terminal.out(report.sources.length === 0 ? '  the quarantine is empty\n' : table(terminal, ['source', 'read again', 'conform', 'left alone'], report.sources.map((one) => [one.source, number(one.examined), number(one.accepted), number(one.skipped)])));
        for (const { source, outcomes } of report.sources) {
          for (const { from, to, rows } of outcomes.filter((outcome) => outcome.to !== outcome.from)) terminal.out(`    ${source}: ${number(rows)} ${rows === 1 ? 'row' : 'rows'} refused for ${from} ${to === undefined ? 'would be accepted' : `would be refused for ${to}`}\n`);
        }
        if (accepted > 0) terminal.out(`\n${table(terminal, ['table', dryRun ? 'would change by' : 'changed by'], changesOf(report.sources).map(([name, rows]) => [name, `${rows > 0 ? '+' : ''}${number(rows)}`]))}`);
        if (accepted === 0 && report.sources.length > 0) terminal.out('\n  none of them conforms by today\'s contracts: mend the contract and replay, or send them again as they should be\n');
        const there = report.sources.reduce((sum, one) => sum + (one.there ?? 0), 0);
        if (there > 0) terminal.out(`\n  ${number(there)} of them ${there === 1 ? 'is' : 'are'} in bronze already, and only leave the quarantine\n`);
        if (accepted > 0) terminal.out(dryRun ? '\n  nothing was changed; without --dry-run it is done, once\n' : `\n  \`millrace run batch\` computes what reads ${readers.length === 0 ? 'them' : `them: ${readers.join(', ')}`}\n`);
      });
    });
  },
};

export const quarantineSettle: Verb = {
  examples: ['millrace quarantine list --json', 'millrace quarantine settle orders <damaged _file_id> <mended _file_id>'],
  async run(invocation) {
    const [source = '', damaged = '', mended = ''] = invocation.arguments;
    await withRuntime(invocation, async (runtime) => {
      const rows = await supersede(await ingestContext(runtime), source, damaged, mended, invocation.signal);
      present(invocation, { source, damaged, mended, rows }, () => invocation.terminal.out(`  ${number(rows)} rows settled\n`));
    });
  },
};
