// The step that lands every file that is not in bronze yet.
import { callFunction, type Step } from '../builder.ts';

/** Lists the landing folder and ingests what is new: several sources at a time, the files of each in their order. One bad file stops no other. */
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
          StartAt: 'IngestSource',
          States: {
            IngestSource: {
              Type: 'Map',
              Items: '{% [$states.input.parts] %}',
              MaxConcurrency: 1,
              ItemProcessor: {
                ProcessorConfig: { Mode: 'INLINE' },
                StartAt: 'Ingest',
                States: {
                  Ingest: callFunction('ingest', { run_id: '{% $run_id %}', part: '{% $states.input %}' }, { Retry: guard.Retry, Output: {}, End: true }),
                },
              },
              Output: {},
              End: true,
            },
          },
        },
        Catch: guard.Catch,
        Next: '',
      }],
    ],
  };
}
