// millrace doctor: what is wrong, and what to do.
import { examine } from '../../quality/index.ts';
import { withRuntime } from '../runtime.ts';
import { paint } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

export const doctor: Verb = {
  name: 'doctor',
  summary: 'what is wrong with the machine or the lake, and what to do',
  description: 'Looks at Node, the home, the disk, DuckDB, every table and the latest ledger. Exit code 8 where something is wrong.',
  examples: ['millrace doctor', 'millrace doctor --json'],
  async run(invocation) {
    return withRuntime(invocation, async (runtime) => {
      const { terminal } = invocation;
      const findings = await examine({ root: runtime.home.root, lake: runtime.lake, engine: runtime.engine, nodeVersion: process.version });
      present(invocation, findings, () => {
        for (const { check, state, message, todo } of findings) {
          const mark = state === 'ok' ? paint(terminal, 'green', '✔') : state === 'warning' ? paint(terminal, 'yellow', '!') : paint(terminal, 'red', '✖');
          terminal.out(`  ${mark} ${check.padEnd(8)} ${message}\n${todo === undefined ? '' : `             ${todo}\n`}`);
        }
      });
      return findings.some(({ state }) => state === 'wrong') ? 8 : 0;
    });
  },
};
