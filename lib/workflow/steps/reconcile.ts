// The step that proves the counts, from files to gold.
import { callFunction, type Step } from '../builder.ts';

/** Writes the run's ledger; a ledger that does not reconcile fails the run. */
export function reconcile(): Step {
  return {
    kind: 'step',
    states: ({ guard }) => [
      ['Reconcile', callFunction('reconcile', { run_id: '{% $run_id %}', plan: '{% $plan %}', failed: '{% [$failed] %}' }, { ...guard, Output: {}, Next: '' })],
    ],
  };
}
