// Writes the checks of events into the bundles that ask for them: what lambdas/shared/event-plans.ts would compute is there as a constant.
import path from 'node:path';
import type { Plugin } from 'esbuild';
import type { Contract } from '../contracts/index.ts';
import { eventPlans } from '../ingest/events/index.ts';

/** `root`: of the checkout. */
export function eventPlansWrittenDown(root: string, contracts: readonly Contract[]): Plugin {
  const module = path.join(root, 'lambdas', 'shared', 'event-plans.ts');
  return {
    name: 'event-plans-written-down',
    setup(pluginBuild) {
      pluginBuild.onLoad({ filter: /[\\/]event-plans\.ts$/ }, ({ path: file }) =>
        file === module ? { contents: `export const EVENT_PLANS = JSON.parse(${JSON.stringify(JSON.stringify(eventPlans(contracts)))});`, loader: 'js' } : undefined);
    },
  };
}
