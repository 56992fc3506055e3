// millrace ingest: files into bronze and the quarantine.
import { EXIT_CODES, MillraceError } from '../../base/index.ts';
import { ingestNow, watchLandingFolder } from '../../local/index.ts';
import type { IngestReport } from '../../ingest/index.ts';
import { fileLine } from '../file-line.ts';
import { bytes, number, paint, progressLine, seconds, type Terminal } from '../terminal.ts';
import { withRuntime } from '../runtime.ts';
import { present, type Verb } from '../verb.ts';

export const ingest: Verb = {
  description: 'Lands the files of the landing folder, or the files and folders given. A file belongs to a source by its folder (<source>/…) or by its official name. A file that landed before, under any name, is left alone; one bad file stops no other. Exit code 3 where a file is bad or belongs to no source, 8 where the disk or a permission stood in the way.',
  options: [{ flags: '--watch', description: 'go on: land files as they arrive, until Ctrl-C' }],
  examples: ['millrace ingest', 'millrace ingest exports/ orders.csv.gz', 'millrace ingest --watch'],
  async run(invocation) {
    const { terminal } = invocation;
    return withRuntime(invocation, async (runtime) => {
      const line = progressLine(terminal);
      const once = async () => {
        const report = await ingestNow(runtime, invocation.arguments, { onProgress: (progress) => progress.event === 'read' && line.show(`  reading ${progress.file}, ${bytes(progress.bytes)}`) });
        line.clear();
        return report;
      };
      if (invocation.options['watch'] !== true) {
        const report = await once();
        present(invocation, report, () => printIngest(terminal, report));
        return exitCodeOf(report);
      }
      if (invocation.arguments.length > 0) throw new MillraceError('usage', '--watch looks at the landing folder only', { where: runtime.home.landing, todo: 'Leave the paths out.' });
      terminal.err(`watching ${runtime.home.landing}; Ctrl-C ends\n`);
      for await (const report of watchLandingFolder(runtime, invocation.signal)) {
        for (const file of report.files) terminal.out(invocation.json ? `${JSON.stringify(file)}\n` : `${fileLine(terminal, file)}\n`);
      }
      return 0;
    }, { create: true });
  },
};

/** What the disk refused is tried again as it is; a bad file has to be mended first. */
function exitCodeOf({ files, totals }: IngestReport): number {
  if (files.some(({ error }) => error?.code === 'io')) return EXIT_CODES.io;
  return totals.failed + totals.unknown > 0 ? EXIT_CODES.bad_input : 0;
}

/** One line a file, the quiet ones together. */
function printIngest(terminal: Terminal, { files, totals, milliseconds }: IngestReport): void {
  for (const file of files.filter(({ status }) => status !== 'seen')) terminal.out(`${fileLine(terminal, file)}\n`);
  if (totals.seen > 0) terminal.out(`  ${paint(terminal, 'dim', `${number(totals.seen)} ${totals.seen === 1 ? 'file' : 'files'} landed before`)}\n`);
  if (totals.files === 0) terminal.out('  no files\n');
  const read = totals.landed + totals.empty;
  terminal.out(`\n  ${read} of ${totals.files - totals.seen} new files landed: ${number(totals.accepted)} rows in bronze, ${number(totals.rejected)} in the quarantine, ${seconds(milliseconds)}\n`);
}
