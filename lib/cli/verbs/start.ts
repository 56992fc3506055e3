// millrace start: from an empty folder to answers. The first command that anybody runs.
import { readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '../../base/index.ts';
import type { Runtime } from '../../local/index.ts';
import { generateSample } from '../../../samples/index.ts';
import { exitCodeOf, runReported } from '../run-reported.ts';
import { withRuntime } from '../runtime.ts';
import { printGold, printRun } from '../summary.ts';
import { number, paint, progressLine, seconds } from '../terminal.ts';
import { present, type Invocation, type Verb } from '../verb.ts';

const SAMPLE_SEED = 7;

export const start: Verb = {
  name: 'start',
  summary: 'generate a sample shop if there is nothing yet, run everything, print a summary',
  description: 'In an empty home: generates the files of a sample shop, lands them, runs the batch workflow and shows what came out. In a home that holds something: lands what is new and runs what has changed. Nothing is ever doubled.',
  options: [{ flags: '--once', description: 'end after the summary' }],
  examples: ['npm start', 'npm start -- --once', 'millrace start --home /tmp/shop'],
  async run(invocation) {
    return withRuntime(invocation, async (runtime) => {
      const { terminal } = invocation;
      const generated = await sampleIfEmpty(invocation, runtime);
      if (!invocation.json) {
        const home = path.relative(process.cwd(), runtime.home.root) || '.';
        terminal.out(`${paint(terminal, 'bold', `millrace ${runtime.version}`)} · home ${home.startsWith('..') ? runtime.home.root : home}${generated === undefined ? '' : ` · sample shop, seed ${SAMPLE_SEED}, ${number(generated.rows)} rows in ${seconds(generated.milliseconds)}`}\n\n`);
      }
      const report = await runReported(invocation, runtime);
      if (invocation.json) {
        present(invocation, report, () => undefined);
      } else {
        printRun(terminal, report);
      }
      if (report.status === 'aborted') throw new MillraceError('interrupted', 'stopped by Ctrl-C; what was published stays, nothing is half-written', { todo: 'Run it again to go on.' });
      if (!invocation.json) {
        const names = new Set((await runtime.lake.listTables()).map(({ namespace, name }) => `${namespace}.${name}`));
        await printGold(terminal, await runtime.engine(), async (table) => names.has(table));
        printNext(invocation, names.size);
      }
      return exitCodeOf(report);
    }, { create: true });
  },
};

function printNext({ terminal }: Invocation, tables: number): void {
  terminal.out(`
  next   npx millrace tables                                      all ${tables} tables
         npx millrace query "SELECT * FROM gold.product_metrics LIMIT 5"
         npx millrace quarantine list                             what was set aside, and why
         npx millrace lineage gold.customer_metrics.segment       where a column comes from
         npx millrace ingest <your files> && npx millrace run batch
`);
}

/** Generates into a home that holds no file and no table. The files appear in the landing folder when all of them are whole. */
async function sampleIfEmpty(invocation: Invocation, { home, lake }: Runtime): Promise<{ rows: number; milliseconds: number } | undefined> {
  const [landed, tables] = await Promise.all([readdir(home.landing), lake.listTables('bronze')]);
  if (landed.length > 0 || tables.length > 0) return undefined;
  const started = performance.now();
  const line = progressLine(invocation.terminal);
  const out = path.join(home.temporary, 'sample');
  await rm(out, { recursive: true, force: true });
  const truth = await generateSample({ profile: 'shop', seed: SAMPLE_SEED, out, signal: invocation.signal, onProgress: ({ file }) => line.show(`  sample    ${file}`) });
  line.clear();
  await rename(path.join(out, 'truth.json'), path.join(home.root, 'sample-truth.json'));
  // Last of all: an interrupted start finds an empty landing folder, or all of it.
  await rm(home.landing, { recursive: true });
  await rename(out, home.landing);
  return { rows: Object.values(truth.sources).reduce((sum, { rows }) => sum + rows, 0), milliseconds: performance.now() - started };
}
