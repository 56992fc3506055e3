// The step that lands every file that is not in bronze yet.
import { callFunction, type Step } from '../builder.ts';

/** Lists the landing folder and ingests what is new, several batches at a time. One bad file stops no other. */
export function ingestNewFiles(): Step {
  return {
    kind: 'step',
    states: ({ guard }) => [
      ['DiscoverFiles', callFunction('discover', { run_id: '{% $run_id %}' }, { ...guard, Output: '{% $states.result.Payload %}', Next: '' })],
      ['IngestFiles', {
        Type: 'Map',
        Items: '{% [$states.input.batches] %}',
        MaxConcurrency: 4,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'Ingest',
          States: {
            Ingest: callFunction('ingest', { run_id: '{% $run_id %}', batch: '{% $states.input %}' }, { Retry: guard.Retry, Output: '{% $states.result.Payload %}', End: true }),
          },
        },
        Catch: guard.Catch,
        Next: '',
      }],
    ],
  };
}
