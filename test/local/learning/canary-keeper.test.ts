// The canaries of a home, watched by the process that serves it.
import path from 'node:path';
import { CanaryKeeper } from '../../../lib/local/learning/index.ts';
import { describeWatchedCanary } from '../../learning/registry/watched-canary.ts';

describeWatchedCanary('the process of a home', ({ registry, folder, clock, outcomes, canLoad, onEnd }) => {
  // Outcomes are asked for once a minute: the clock of this one goes faster.
  let looks = 0;
  const keeper = new CanaryKeeper({ registry, file: path.join(folder, 'run/canaries.json'), clock: { now: () => clock.now() + (looks += 1) * 1e-6 }, outcomes, isLoaded: canLoad, onEnd });
  return { traffic: () => keeper.traffic('rain'), look: async () => void await keeper.refresh(['rain']) };
});
