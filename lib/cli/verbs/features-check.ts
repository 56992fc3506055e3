// millrace features check: the proof that the online features equal the SQL, on one day.
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '../../base/index.ts';
import { openLmdbStore, pinsOf, replayDay, type FeatureSet } from '../../features/index.ts';
import { featuresOf, type Runtime } from '../../local/index.ts';
import { textOf } from '../feature-views.ts';
import { withRuntime } from '../runtime.ts';
import { number, progressLine, table } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

export const featuresCheck: Verb = {
  description: 'Folds every event that the windows of a day reach, in the order in which they came, into a store for this alone, and compares all features of all entities with the SQL over silver at three times of the day. Both are of one moment: rows of bronze that came since silver was made are left out, and counted. So it may run beside `millrace start`. Exit code 6 where a value differs.',
  options: [{ flags: '--day <date>', description: 'the day (UTC); default: the last with events' }],
  examples: ['millrace features check', 'millrace features check --day 2018-08-15 --json'],
  async run(invocation) {
    return withRuntime(invocation, async (runtime) => {
      const features = await featuresOf(runtime);
      const engine = await runtime.engine();
      const { snapshots, newer } = await pinsOf({ project: await runtime.project(), lake: runtime.lake, features });
      const day = invocation.options['day'] === undefined ? await lastDay(features, runtime, snapshots) : String(invocation.options['day']);
      if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(`${day}T00:00:00Z`))) throw new MillraceError('usage', `--day wants a date, not '${day}'`, { todo: 'Write for example --day 2018-08-15.' });
      const folder = await mkdtemp(path.join(runtime.home.temporary, 'features-'));
      const progress = progressLine(invocation.terminal);
      const store = await openLmdbStore({ folder, clock: runtime.clock });
      try {
        const report = await replayDay({ features, engine, store, clock: runtime.clock, day, snapshots, signal: invocation.signal, onProgress: ({ view, at }) => progress.show(`${view} at ${at.slice(0, 19)}`) });
        progress.clear();
        present(invocation, { ...report, newer }, () => {
          const { terminal } = invocation;
          terminal.out(table(terminal, ['view', 'entities', 'values compared', 'differences'], report.views.map((view) => [view.view, number(view.entities), number(view.values), view.differences === 0 ? 'none' : number(view.differences)])));
          for (const one of report.differences.slice(0, 20)) {
            terminal.out(`  ${one.view} ${one.entity.join(' ')} ${one.feature} at ${one.at.slice(0, 19)}: online ${textOf(one.online)}, SQL ${textOf(one.sql)}\n`);
          }
          terminal.out(`\n  ${report.day}: ${number(report.events)} events replayed, ${number(report.duplicates)} of them duplicates\n`);
          for (const [bronze, rows] of Object.entries(newer)) terminal.out(`  left out: ${number(rows)} rows that came to ${bronze} since silver was made; the next batch has them\n`);
        });
        return report.differences.length === 0 ? 0 : new MillraceError('audit_failed', 'features differ').exitCode;
      } finally {
        progress.clear();
        await store.close();
        await rm(folder, { recursive: true, force: true });
      }
    });
  },
};

/** The last day on which any source has an event. */
async function lastDay(features: FeatureSet, runtime: Runtime, snapshots: Readonly<Record<string, bigint>>): Promise<string> {
  const engine = await runtime.engine();
  const days: string[] = [];
  for (const { table: from, where } of features.sources.values()) {
    const view = [...features.views.values()].find(({ source }) => source.table === from);
    if (view === undefined) continue;
    const { rows } = await engine.query(`SELECT CAST(max("${view.time}") AS date) AS "day" FROM ${from}${where === undefined ? '' : ` WHERE ${where}`}`, { snapshots });
    if (rows[0]?.[0] != null) days.push(String(rows[0][0]));
  }
  const last = days.sort().at(-1);
  if (last === undefined) throw new MillraceError('not_found', 'there are no events to replay', { todo: 'Ingest some, then `millrace run batch`.' });
  return last;
}
