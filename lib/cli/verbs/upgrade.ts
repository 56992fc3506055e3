// millrace upgrade: a home of an older version, moved to the layout of this one.
import { upgradeHome } from '../../local/index.ts';
import { present, type Verb } from '../verb.ts';

export const upgrade: Verb = {
  description: 'Takes a home from the layout of an older version to that of this one, step by step; cut short, it goes on where it was. A home of today\'s layout stays as it is. '
    + 'A home of a newer version is refused (exit code 7): use that version. No other command works on a home of an older layout.',
  examples: ['millrace upgrade', 'millrace upgrade --home /data/shop --json'],
  async run(invocation) {
    const upgraded = await upgradeHome(invocation.home);
    present(invocation, upgraded, () => {
      const { terminal } = invocation;
      for (const step of upgraded.steps) terminal.out(`  ${step}\n`);
      terminal.out(upgraded.steps.length === 0 ? `the home has layout ${upgraded.to}, which is this version's\n` : `the home went from layout ${upgraded.from} to ${upgraded.to}\n`);
    });
  },
};
