// The MLflow server of a stage: what functions that tell it have in their environment, and the one secret that they may read for it.
import type { MlflowServerSettings } from '../base/index.ts';
import type { LambdaFunction } from './constructs/lambda-function.ts';

/** What lambdas/shared/mlflow.ts reads; nothing where the stage has none. */
export function mlflowEnvironment(mlflow: MlflowServerSettings | undefined): Record<string, string> {
  if (mlflow === undefined) return {};
  const { uri, experiment, secret } = mlflow;
  return { MLFLOW_TRACKING_URI: uri, ...(experiment === undefined ? {} : { MLFLOW_EXPERIMENT_NAME: experiment }), ...(secret === undefined ? {} : { MILLRACE_MLFLOW_SECRET: secret }) };
}

/** Such a secret has AWS's own key, or the stage's, which the function may use as it is. */
export function allowMlflow(made: LambdaFunction, mlflow: MlflowServerSettings | undefined): void {
  if (mlflow?.secret !== undefined) made.allow(['secretsmanager:GetSecretValue'], [mlflow.secret]);
}
