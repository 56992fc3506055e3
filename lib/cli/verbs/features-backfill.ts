// millrace features backfill: fills the online store anew from the events of the lake, in a home or in a deployed stage.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MillraceError, systemClock } from '../../base/index.ts';
import { fillOnlineHome, loadFeatures } from '../../features/index.ts';
import { featuresOf, loadProject } from '../../local/index.ts';
import { timeAsked } from '../feature-views.ts';
import { withRuntime } from '../runtime.ts';
import { number, progressLine, seconds } from '../terminal.ts';
import { present, type Invocation, type Verb } from '../verb.ts';

export const featuresBackfill: Verb = {
  description: 'Builds a new online store from the events of the lake and makes it the current one when it is whole. The consumer of the stream goes on where the tables are, so no event is missing and none counts twice. Needed after a feature was added, after files with older events were ingested, and after events were replayed from the quarantine. While `millrace start` runs, it owns the store: stop it first.',
  options: [
    { flags: '--at <time>', description: 'windows must be whole at this time (ISO 8601, UTC) and later; older events are not read. Default: read everything, so that windows are whole at the time of the last event' },
    { flags: '--stage <name>', description: 'the table of a deployed stage, with the credentials of this shell: its consumers are stopped, the events are read by Athena, the streams are read again, the table is brought to the result, and the consumers go on' },
    { flags: '--overlap-hours <number>', description: 'with --stage: how far back the streams are read again, longer than delivery takes and tries', default: '3' },
  ],
  examples: ['millrace features backfill', 'millrace features backfill --at 2018-09-01T00:00:00Z', 'millrace features backfill --stage prod'],
  async run(invocation) {
    if (invocation.options['stage'] !== undefined) return backfillStage(invocation, String(invocation.options['stage']));
    await withRuntime(invocation, async (runtime) => {
      const features = await featuresOf(runtime);
      const at = timeAsked(invocation);
      const began = performance.now();
      const progress = progressLine(invocation.terminal);
      const report = await fillOnlineHome({
        folder: runtime.home.online, features, lake: runtime.lake, engine: await runtime.engine(), clock: runtime.clock, signal: invocation.signal, ...(at === undefined ? {} : { from: at }),
        onProgress: ({ source, events, of }) => progress.show(`${source}: ${number(events)} of ${number(of)} events`),
      }).finally(() => progress.clear());
      const resume = Object.fromEntries([...report.resume].map(([stream, shards]) => [stream, Object.fromEntries(shards)]));
      present(invocation, { sources: report.sources, resume }, () => {
        const { terminal } = invocation;
        for (const { source, events, counts } of report.sources) {
          terminal.out(`  ${source.padEnd(14)} ${number(events)} events, ${number(counts.folded)} count, ${number(counts.duplicates)} say the same as another\n`);
        }
        if (report.sources.length === 0) terminal.out('  the lake has no events yet\n');
        terminal.out(`  filled in ${seconds(performance.now() - began)}; the stream goes on where the tables are\n`);
      });
    });
  },
};

async function backfillStage(invocation: Invocation, stage: string): Promise<void> {
  const { config, sources } = await loadProject(invocation.project);
  const settings = config.stages[stage];
  if (settings === undefined) throw new MillraceError('usage', `there is no stage '${stage}'`, { where: 'millrace.config.ts', todo: `There are ${Object.keys(config.stages).join(', ')}.` });
  const hours = Number(invocation.options['overlapHours']);
  if (!(hours > 0 && hours <= 8760)) throw new MillraceError('usage', `--overlap-hours wants a number above 0, not '${String(invocation.options['overlapHours'])}'`);
  // Loaded only for who asks for it: the clients of AWS take a while.
  const { openAccount, refillFeatures } = await import('../../features/aws/index.ts');
  const features = await loadFeatures(path.join(invocation.project, 'features'), sources);
  const account = await openAccount({ app: config.app, stage, region: settings.region, contracts: sources, features, clock: systemClock, signal: invocation.signal, environment: invocation.environment });
  const progress = progressLine(invocation.terminal);
  const began = performance.now();
  const at = timeAsked(invocation);
  try {
    const report = await refillFeatures({
      ...account, features, clock: systemClock, folder: await mkdtemp(path.join(tmpdir(), 'millrace-refill-')), overlapMilliseconds: hours * 3_600_000, signal: invocation.signal, ...(at === undefined ? {} : { from: at }),
      onProgress: ({ source, events, of }) => progress.show(`${source}: ${number(events)} of ${number(of)} events`),
    });
    progress.clear();
    present(invocation, report, () => {
      const { terminal } = invocation;
      for (const { source, events, counts } of report.sources) terminal.out(`  ${source.padEnd(14)} ${number(events)} events of the lake, ${number(counts.folded)} count\n`);
      for (const [stream, records] of Object.entries(report.caughtUp)) terminal.out(`  ${stream.padEnd(14)} ${number(records)} records read again\n`);
      terminal.out(`  ${number(report.items)} items put, ${number(report.removed)} removed in ${seconds(performance.now() - began)}; the stream goes on\n`);
    });
  } finally {
    progress.clear();
    account.close();
  }
}
