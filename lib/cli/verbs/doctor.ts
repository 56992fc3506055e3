// millrace doctor: what is wrong, and what to do; and the mending of a home that was moved.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { HOME_FORMAT, lockRuns, markHome, type Runtime } from '../../local/index.ts';
import { examine, relocateLake } from '../../quality/index.ts';
import { withRuntime } from '../runtime.ts';
import { number, paint, progressLine, table } from '../terminal.ts';
import { present, type Invocation, type Verb } from '../verb.ts';

export const doctor: Verb = {
  description: 'Looks at Node, the home, the disk, DuckDB, every table and the latest ledger. Exit code 8 where something is wrong. '
    + 'With --relocate it mends a home that was moved or copied: Iceberg\'s paths are absolute, so the metadata of every table are written anew, each table as a whole or not at all, '
    + 'with all its snapshots and tags, and then every live file is read as proof. Cut short, it is simply run again. Nothing is deleted, and the place the home came from is not touched.',
  options: [{ flags: '--relocate', description: 'mend the tables of a home that was moved or copied' }],
  examples: ['millrace doctor', 'millrace doctor --json', 'mv .millrace /data/shop && millrace doctor --relocate --home /data/shop'],
  async run(invocation) {
    return withRuntime(invocation, (runtime) => (invocation.options['relocate'] === true ? relocate(invocation, runtime) : examineHome(invocation, runtime)), { moved: true });
  },
};

async function examineHome(invocation: Invocation, runtime: Runtime): Promise<number> {
  const { terminal } = invocation;
  const findings = await examine({ root: runtime.home.root, lake: runtime.lake, engine: runtime.engine, nodeVersion: process.version });
  present(invocation, findings, () => {
    for (const { check, state, message, todo } of findings) {
      const mark = state === 'ok' ? paint(terminal, 'green', '✔') : state === 'warning' ? paint(terminal, 'yellow', '!') : paint(terminal, 'red', '✖');
      terminal.out(`  ${mark} ${check.padEnd(8)} ${message}\n${todo === undefined ? '' : `             ${todo}\n`}`);
    }
  });
  return findings.some(({ state }) => state === 'wrong') ? 8 : 0;
}

async function relocate(invocation: Invocation, { home, lake, database }: Runtime): Promise<number> {
  const { terminal, signal } = invocation;
  const unlock = await lockRuns(home.root);
  const line = progressLine(terminal);
  try {
    const tables = await relocateLake({ lake, database: await database(), signal, onProgress: (name) => line.show(`  ${name}`) });
    line.clear();
    const problems = tables.reduce((sum, one) => sum + one.problems.length, 0);
    if (problems === 0) {
      // What a killed run had staged names the old place, and belongs to nobody here.
      await rm(path.join(home.temporary, 'staging'), { recursive: true, force: true });
      await markHome(home.root, { format: HOME_FORMAT });
    }
    const moved = tables.filter(({ from }) => from !== undefined);
    present(invocation, { home: home.root, moved: moved.length, problems, tables }, () => {
      if (tables.length > 0) {
        terminal.out(table(terminal, ['', 'table', 'snapshots mended', 'files read', 'rows'], tables.map((one) => [
          one.problems.length === 0 ? '✔' : '✖', one.table, one.from === undefined ? 'right already' : number(one.snapshots), number(one.filesRead), number(one.rows),
        ])));
      }
      for (const { table: name, problems: found } of tables) for (const { path: where, problem } of found) terminal.out(`  ${paint(terminal, 'red', '✖')} ${name}: ${problem} (${where})\n`);
      if (problems === 0) terminal.out(`\n  ${number(moved.length)} of ${number(tables.length)} tables mended; ${paint(terminal, 'green', 'every live file reads')}\n`);
    });
    return problems === 0 ? 0 : 8;
  } finally {
    line.clear();
    await unlock();
  }
}
