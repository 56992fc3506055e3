// millrace maintain: upkeep of the tables, and the proof that they read.
import { MillraceError } from '../../base/index.ts';
import { keepForAnswersOfHome, sweepTemporary } from '../../local/index.ts';
import { maintainLake } from '../../quality/index.ts';
import { tableNamed } from '../names.ts';
import { withRuntime } from '../runtime.ts';
import { bytes, number, paint, progressLine, table } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

const HOUR_MS = 3_600_000;

export const maintain: Verb = {
  description: 'Compacts tables, expires old snapshots (tagged ones stay, as do those that answers of the last thirty days were made from), removes files that no table refers to and what crashes left in <home>/tmp, and reads every live file as proof. Readers and writers may go on meanwhile. Exit code 8 where something does not read.',
  options: [
    { flags: '--strategy <how>', description: 'bin-pack: small files together; sort: anew, sorted; z-order: near in several columns at once', default: 'bin-pack', choices: ['bin-pack', 'sort', 'z-order'] },
    { flags: '--columns <names>', description: 'for sort and z-order: columns, comma-separated' },
    { flags: '--keep <hours>', description: 'snapshots younger than this stay', default: '168' },
    { flags: '--keep-at-least <number>', description: 'so many of the newest snapshots stay whatever their age', default: '10' },
    { flags: '--orphans-after <hours>', description: 'files that nothing refers to go when they are older; 0 says that no writer is at work', default: '72' },
  ],
  examples: ['millrace maintain', 'millrace maintain gold.user_features --strategy z-order --columns total_spend,recency_days', 'millrace maintain --keep 0 --keep-at-least 1'],
  async run(invocation) {
    const { options, terminal } = invocation;
    const hours = (name: string, flag: string) => {
      const value = Number(options[name]);
      if (!Number.isFinite(value) || value < 0) throw new MillraceError('usage', `--${flag} wants a number of hours, not '${String(options[name])}'`);
      return value * HOUR_MS;
    };
    const columns = typeof options['columns'] === 'string' ? options['columns'].split(',').map((name) => name.trim()) : undefined;
    return withRuntime(invocation, async (runtime) => {
      const { lake, database, home, clock } = runtime;
      for (const name of invocation.arguments) await tableNamed(lake, name);
      const line = progressLine(terminal);
      line.show('  keeping what answers were made from');
      const kept = await keepForAnswersOfHome(runtime);
      const report = await maintainLake({
        lake,
        database: await database(),
        ...(invocation.arguments.length === 0 ? {} : { tables: invocation.arguments }),
        strategy: options['strategy'] as 'bin-pack' | 'sort' | 'z-order',
        ...(columns === undefined ? {} : { columns }),
        keepSnapshotsMilliseconds: hours('keep', 'keep'),
        keepAtLeast: Math.max(1, Number(options['keepAtLeast']) || 1),
        orphansAfterMilliseconds: hours('orphansAfter', 'orphans-after'),
        signal: invocation.signal,
        onProgress: (name, step) => line.show(`  ${step} ${name}`),
      });
      await sweepTemporary(home, { olderThanMilliseconds: hours('orphansAfter', 'orphans-after'), now: clock.now() });
      line.clear();
      present(invocation, { ...report, keptForAnswers: kept }, () => {
        terminal.out(table(terminal, ['', 'table', 'files compacted', 'into', 'snapshots expired', 'files read', 'rows'], report.tables.map((one) => [
          one.problems.length === 0 ? '✔' : '✖', one.table, number(one.filesBefore), number(one.filesAfter), number(one.expired), number(one.filesRead), number(one.rows),
        ])));
        terminal.out(`\n  ${number(report.orphans)} orphans removed, ${bytes(report.orphanBytes)}\n`);
        if (kept.snapshots + kept.released > 0) terminal.out(`  ${number(kept.snapshots)} snapshots kept that answers were made from; ${number(kept.released)} tags lifted that nobody needs any more\n`);
        for (const { table: name, problems } of report.tables) for (const { path, problem } of problems) terminal.out(`  ${paint(terminal, 'red', '✖')} ${name}: ${problem} (${path})\n`);
        if (report.problems === 0) terminal.out(`  ${paint(terminal, 'green', 'every live file reads')}\n`);
      });
      return report.problems === 0 ? 0 : 8;
    });
  },
};
