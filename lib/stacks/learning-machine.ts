// Learning as a state machine: each predictor is looked through for leaks, trained, goes through the gate, and answers for all in a batch; then what was answered lately is
// compared with what was learned from, and where the stage has an MLflow server it is told. One that fails stops no other. `${fn_learn}` stands for an ARN, as do those of a job's role and key.
import type { SageMakerSettings } from './stage-limits.ts';
import type { Catcher, Json, Retrier, StateMachine } from '../workflow/index.ts';

const TRANSIENT: Retrier = {
  ErrorEquals: ['Lambda.ServiceException', 'Lambda.AWSLambdaException', 'Lambda.SdkClientException', 'Lambda.TooManyRequestsException'],
  IntervalSeconds: 5, MaxAttempts: 4, BackoffRate: 2, JitterStrategy: 'FULL',
};
/** Somebody else committed to the same table meanwhile. Training is not among what is repeated: it would be the same again. */
const RACE: Retrier = { ErrorEquals: ['Millrace.conflict'], IntervalSeconds: 5, MaxAttempts: 3, BackoffRate: 2, JitterStrategy: 'FULL' };

/** Starts a job and waits for its end; one that fails is an error. */
export const TRAINING_JOB = 'arn:aws:states:::sagemaker:createTrainingJob.sync';

/** What became of one predictor is always a value. */
const notDone = (step: string): Catcher => ({ ErrorEquals: ['States.ALL'], Next: 'NotLearned', Assign: { problem: `{% '${step} of ' & $predictor & ': ' & $states.errorOutput.Error & ' ' & $substring($string($states.errorOutput.Cause), 0, 500) %}` } });

/** A predictor that has no champion yet, because its first version was held back, has nobody to answer. */
const NO_CHAMPION: Catcher = { ErrorEquals: ['Millrace.not_found'], Next: 'Learned' };

const call = (payload: Record<string, Json>) => ({ Type: 'Task' as const, Resource: 'arn:aws:states:::lambda:invoke', Arguments: { FunctionName: '${fn_learn}', Payload: payload } });

const KEEP_CHAMPION = '{% $exists($options.keep_champion) and $options.keep_champion %}';
const ALLOW_LEAKS = '{% $exists($options.allow_leaks) and $options.allow_leaks %}';
const AS_OF = '{% $exists($options.as_of) ? $options.as_of : null %}';

/** Where `train` answers with an order instead of a version, a job grows the trees, and `adopt` measures, judges and keeps them. */
function jobStates({ instanceType, image, maxSeconds, diskGb = 50 }: SageMakerSettings): StateMachine['States'] {
  return {
    WhereTrained: { Type: 'Choice', Choices: [{ Condition: '{% $exists($trained.job) %}', Next: 'TrainElsewhere' }], Default: 'Predict' },
    TrainElsewhere: {
      Type: 'Task',
      Resource: TRAINING_JOB,
      Arguments: {
        TrainingJobName: '{% $trained.job.name %}',
        RoleArn: '${training_role}',
        AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: 'File' },
        HyperParameters: '{% $trained.job.hyperparameters %}',
        InputDataConfig: '{% [$trained.job.channels] %}',
        OutputDataConfig: { S3OutputPath: '{% $trained.job.output %}', KmsKeyId: '${training_key}' },
        ResourceConfig: { InstanceType: instanceType, InstanceCount: 1, VolumeSizeInGB: diskGb },
        StoppingCondition: { MaxRuntimeInSeconds: maxSeconds },
        EnableNetworkIsolation: true,
      },
      // A job may wait for its instance.
      TimeoutSeconds: maxSeconds + 3600,
      Catch: [notDone('training job')],
      Assign: { artifact: '{% $states.result.ModelArtifacts.S3ModelArtifacts %}' },
      Output: {},
      Next: 'Adopt',
    },
    Adopt: {
      ...call({ step: 'adopt', predictor: '{% $predictor %}', job: { prepared: '{% $trained.job.prepared %}', output: '{% $trained.job.output %}' }, artifact: '{% $artifact %}', keep_champion: KEEP_CHAMPION, allow_leaks: ALLOW_LEAKS, looked: '{% $looked %}' }),
      Retry: [TRANSIENT], Catch: [notDone('adopting')], Next: 'Predict',
    },
  };
}

/** Input: `{"predictors": ["churn"], "as_of": "2018-10-18", "keep_champion": true, "allow_leaks": true, "tune": {"trials": 20}}`, all optional. `look`: for features that see their future, before training. `tell`: an MLflow server, of versions and of who answers. */
export function learningMachine(jobs?: SageMakerSettings, { look = true, tell = false }: { look?: boolean; tell?: boolean } = {}): StateMachine {
  /** What comes after the predictors fails none of them. */
  const problem = (what: string, Next: string): Catcher => ({ ErrorEquals: ['States.ALL'], Next, Assign: { problems: `{% [$append($problems, '${what}: ' & $states.errorOutput.Error & ' ' & $substring($string($states.errorOutput.Cause), 0, 500))] %}` } });
  const afterMonitor = tell ? 'Tell' : 'Verdict';
  return {
    Comment: 'millrace learning',
    QueryLanguage: 'JSONata',
    TimeoutSeconds: (jobs === undefined ? 6 : 24) * 3600,
    StartAt: 'Start',
    States: {
      Start: { Type: 'Pass', Assign: { options: '{% $states.input %}', predictors: [], problems: [] }, Next: 'WhichPredictors' },
      WhichPredictors: {
        ...call({ step: 'plan', predictors: '{% $exists($options.predictors) ? [$options.predictors] : null %}' }),
        Retry: [TRANSIENT],
        Assign: { predictors: '{% [$states.result.Payload.predictors] %}' },
        Output: {},
        Next: 'EachPredictor',
      },
      EachPredictor: {
        Type: 'Map',
        Items: '{% [$predictors] %}',
        ItemSelector: { predictor: '{% $states.context.Map.Item.Value %}' },
        MaxConcurrency: 2,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'OnePredictor',
          States: {
            OnePredictor: { Type: 'Pass', Assign: { predictor: '{% $states.input.predictor %}', problem: {}, looked: null }, Next: look ? 'Look' : 'Train' },
            // What another look would find again is no reason to try again.
            ...(look ? {
              Look: {
                ...call({ step: 'look', predictor: '{% $predictor %}', as_of: AS_OF, allow_leaks: ALLOW_LEAKS }),
                Retry: [TRANSIENT], Catch: [notDone('the look for leaks')], Assign: { looked: '{% $states.result.Payload.looked %}' }, Output: {}, Next: 'Train',
              },
            } : {}),
            Train: {
              ...call({ step: 'train', predictor: '{% $predictor %}', as_of: AS_OF, keep_champion: KEEP_CHAMPION, allow_leaks: ALLOW_LEAKS, looked: '{% $looked %}', tune: '{% $exists($options.tune) ? $options.tune : null %}' }),
              Retry: [TRANSIENT], Catch: [notDone('training')], ...(jobs === undefined ? { Next: 'Predict' } : { Assign: { trained: '{% $states.result.Payload %}' }, Next: 'WhereTrained' }),
            },
            ...(jobs === undefined ? {} : jobStates(jobs)),
            Predict: {
              ...call({ step: 'predict', predictor: '{% $predictor %}', as_of: AS_OF }),
              Retry: [TRANSIENT, RACE], Catch: [NO_CHAMPION, notDone('predictions')], Next: 'Learned',
            },
            Learned: { Type: 'Pass', Output: { problems: [] }, End: true },
            NotLearned: { Type: 'Pass', Output: { problems: ['{% $problem %}'] }, End: true },
          },
        },
        Assign: { problems: '{% [$append($problems, $states.result.problems)] %}' },
        Output: {},
        Next: 'Monitor',
      },
      Monitor: {
        ...call({ step: 'monitor' }),
        Retry: [TRANSIENT, RACE],
        Catch: [problem('monitoring', afterMonitor)],
        Output: {},
        Next: afterMonitor,
      },
      // A server that is away is no problem of learning: it is told with the next time.
      ...(tell ? { Tell: { ...call({ step: 'tell' }), Retry: [TRANSIENT], Catch: [problem('telling MLflow', 'Verdict')], Output: {}, Next: 'Verdict' } } : {}),
      Verdict: { Type: 'Choice', Choices: [{ Condition: '{% $count($problems) > 0 %}', Next: 'Problems' }], Default: 'Done' },
      Problems: { Type: 'Fail', Error: 'LearningProblems', Cause: "{% $substring($join($problems, '; '), 0, 30000) %}" },
      Done: { Type: 'Succeed' },
    },
  } as StateMachine;
}

export const LEARNING_MACHINE = learningMachine();
