// The step that runs the models in DAG order: each is staged, audited while nobody sees it, and published by one commit.
import type { Flow } from '../asl.ts';
import { callFunction, type CompileContext, type Step } from '../builder.ts';

/** How often a model's run is started again after an error that `retryOn` names. */
const MODEL_ATTEMPTS = 4;

/** Runs the chosen models, level by level. A model that fails stops only what reads it. */
export function runModels(): Step {
  return {
    kind: 'step',
    states: (context) => [
      ['PlanRun', callFunction('plan', { run_id: '{% $run_id %}', options: '{% $options %}' }, {
        ...context.guard, Assign: { plan: '{% $states.result.Payload %}' }, Output: {}, Next: '',
      })],
      ['Levels', {
        Type: 'Pass',
        Comment: 'The models in DAG order: those of a level read only what earlier levels wrote.',
        Assign: { level: 1, levels: Object.fromEntries(context.graph.levels.map((models, i) => [`level_${i + 1}`, [...models]])) },
        Next: 'AnotherLevel',
      }],
      ['RunLevel', {
        Type: 'Map',
        Items: "{% [$lookup($levels, 'level_' & $level)[$ in $plan.models]] %}",
        ItemSelector: { model: '{% $states.context.Map.Item.Value %}', attempt: 1 },
        MaxConcurrency: 8,
        ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...oneModel(context) },
        Assign: {
          level: '{% $level + 1 %}',
          failed: "{% [$append($failed, $states.result[status = 'failed' or status = 'blocked'].model)] %}",
        },
        Output: {},
        Catch: context.guard.Catch,
        Next: 'AnotherLevel',
      }],
      ['AnotherLevel', {
        Type: 'Choice',
        Choices: [{ Condition: '{% $level <= $count($keys($levels)) %}', Next: 'RunLevel' }],
        Default: 'AllLevelsRan',
      }],
      ['AllLevelsRan', { Type: 'Pass', Next: '' }],
    ],
  };
}

/** What happens to one model. It always ends with its fate as a value: published, skipped, blocked or failed. */
function oneModel({ guard, retryable }: CompileContext): Flow {
  const onError = [{ ErrorEquals: ['States.ALL'], Next: 'Failing', Assign: { error: '{% $states.errorOutput %}' } }];
  const about = { run_id: '{% $run_id %}', model: '{% $model %}' };
  const again = retryable.map((error) => `$contains($error.Error & $error.Cause, ${JSON.stringify(error)})`).join(' or ') || 'false';
  return {
    StartAt: 'Begin',
    States: {
      Begin: { Type: 'Pass', Assign: { model: '{% $states.input.model %}', attempt: '{% $states.input.attempt %}', error: {} }, Next: 'Prepare' },
      Prepare: callFunction('prepare', { ...about, plan: '{% $plan %}', failed: '{% [$failed] %}' }, {
        Retry: guard.Retry, Catch: onError, Assign: { prepared: '{% $states.result.Payload %}' }, Output: {}, Next: 'AnythingToDo',
      }),
      AnythingToDo: { Type: 'Choice', Choices: [{ Condition: "{% $prepared.action = 'run' %}", Next: 'Stage' }], Default: 'Skipped' },
      Skipped: { Type: 'Pass', Output: { model: '{% $model %}', status: '{% $prepared.action %}', reason: '{% $prepared.reason %}' }, End: true },
      Stage: {
        Type: 'Map',
        Items: '{% [$prepared.statements] %}',
        MaxConcurrency: 1,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'Query',
          States: {
            Query: {
              Type: 'Task',
              Resource: 'arn:aws:states:::athena:startQueryExecution.sync',
              Arguments: { QueryString: '{% $states.input %}', WorkGroup: '${workgroup}' },
              End: true,
            },
          },
        },
        Catch: onError,
        Output: {},
        Next: 'StageByName',
      },
      StageByName: {
        Type: 'Map',
        Comment: 'Statements that are too long for a state wait in the notes of the run.',
        Items: '{% [$prepared.parts] %}',
        MaxConcurrency: 1,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'StagePart',
          States: { StagePart: callFunction('stage', { ...about, part: '{% $states.input %}' }, { Output: {}, End: true }) },
        },
        Catch: onError,
        Output: {},
        Next: 'Audit',
      },
      Audit: callFunction('audit', { ...about, plan: '{% $plan %}', prepared: '{% $prepared.state %}' }, {
        Retry: guard.Retry, Catch: onError, Assign: { audited: '{% $states.result.Payload %}' }, Output: {}, Next: 'AuditsPassed',
      }),
      AuditsPassed: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $audited.passed %}', Next: 'Publish' }],
        Default: 'Failing',
        Assign: { error: { Error: 'AuditFailed', Cause: '{% $audited.message %}' } },
      },
      Publish: callFunction('publish', { ...about, prepared: '{% $prepared.state %}' }, {
        Retry: guard.Retry, Catch: onError, Output: { model: '{% $model %}', status: 'published' }, End: true,
      }),
      Failing: {
        Type: 'Choice',
        Comment: 'A retry begins from a new staging place, so that rows staged by a statement of unknown outcome cannot count twice.',
        Choices: [{ Condition: `{% $attempt < ${MODEL_ATTEMPTS} and (${again}) %}`, Next: 'BackOff', Assign: { attempt: '{% $attempt + 1 %}' } }],
        Default: 'Discard',
      },
      BackOff: { Type: 'Wait', Seconds: '{% $ceil($power(2, $attempt) * (0.5 + $random())) %}', Next: 'Prepare' },
      Discard: callFunction('discard', { ...about, error: '{% $error %}' }, {
        Retry: guard.Retry, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'ModelFailed' }], Output: {}, Next: 'ModelFailed',
      }),
      ModelFailed: { Type: 'Pass', Output: { model: '{% $model %}', status: 'failed', error: '{% $error %}' }, End: true },
    },
  };
}
