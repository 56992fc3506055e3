// The MLflow server of a stage: its settings are in the environment, its credentials in a secret, which is read anew for each time that it is told.
import { MillraceError, systemClock } from '../../lib/base/index.ts';
import { refused, textOf, type AwsRequests } from '../../lib/base/aws/index.ts';
import { signedService } from './signed-services.ts';

/** MLflow's own variables, credentials included, as a home has them in its environment. */
export type MlflowEnvironment = () => Promise<Readonly<Record<string, string | undefined>>>;

/** undefined where the stage has no server. `secrets`: requests to Secrets Manager. */
export function mlflowOf(environment: NodeJS.ProcessEnv, secrets: () => AwsRequests = () => signedService('secretsmanager', environment, systemClock, { timeoutMilliseconds: 5_000 })): MlflowEnvironment | undefined {
  const { MLFLOW_TRACKING_URI: uri, MLFLOW_EXPERIMENT_NAME: experiment, MILLRACE_MLFLOW_SECRET: secret } = environment;
  if (uri === undefined || uri === '') return undefined;
  const server = { MLFLOW_TRACKING_URI: uri, MLFLOW_EXPERIMENT_NAME: experiment };
  return async () => (secret === undefined ? server : { ...server, ...credentialsIn(await secretText(secrets(), secret), secret) });
}

async function secretText(secrets: AwsRequests, secret: string): Promise<string> {
  const answer = await secrets({ method: 'POST', headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' }, body: JSON.stringify({ SecretId: secret }) });
  if (answer.status !== 200) throw refused(`reading the secret ${secret}`, answer);
  return (JSON.parse(textOf(answer)) as { SecretString?: string }).SecretString ?? '';
}

/** @throws `bad_input` for a secret that has neither, and which says nothing of what it has. */
function credentialsIn(text: string, where: string): Record<string, string> {
  const { token, username, password } = objectOf(text);
  if (typeof token === 'string') return { MLFLOW_TRACKING_TOKEN: token };
  if (typeof username === 'string' && typeof password === 'string') return { MLFLOW_TRACKING_USERNAME: username, MLFLOW_TRACKING_PASSWORD: password };
  throw new MillraceError('bad_input', 'the secret for MLflow has no credentials', { where, todo: 'Its value is JSON: {"token":"…"}, or {"username":"…","password":"…"}.' });
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}
