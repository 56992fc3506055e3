// millrace status: what is running on this home.
import { openHome, runningEndpoints, runningServices } from '../../local/index.ts';
import { failuresOf, streamStateOf } from '../stream-view.ts';
import { paint, table } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

export const status: Verb = {
  examples: ['millrace status', 'millrace status --json'],
  async run(invocation) {
    const { terminal } = invocation;
    const home = await openHome(invocation.home, { create: false });
    const [endpoints, services] = await Promise.all([runningEndpoints(home), runningServices(home)]);
    const result = {
      home: home.root,
      endpoints: endpoints.map(({ name, url, pid, since }) => ({ name, url, pid, since: new Date(since).toISOString() })),
      services: services.map(({ service, pid, since, at }) => ({ service, pid, since: new Date(since).toISOString(), at: new Date(at).toISOString() })),
      failures: failuresOf(streamStateOf(services)),
    };
    present(invocation, result, () => {
      if (endpoints.length + services.length === 0) {
        terminal.out(`nothing is running on ${home.root}\n  \`millrace start\` starts all of it\n`);
        return;
      }
      if (endpoints.length > 0) terminal.out(table(terminal, ['endpoint', 'url', 'process', 'since'], result.endpoints.map(({ name, url, pid, since }) => [name, url, String(pid), since])));
      if (services.length > 0) terminal.out(`\n${table(terminal, ['service', 'process', 'since'], result.services.map(({ service, pid, since }) => [service, String(pid), since]))}`);
      for (const failure of result.failures) terminal.out(`  ${paint(terminal, 'red', '✖')} ${failure}\n`);
    });
  },
};
