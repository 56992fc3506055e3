// An account that tells MLflow: the step of the learning function over a server, with credentials out of a secret.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { learn, type LearnResult } from '../../lambdas/learn/index.ts';
import type { LearningRuntime } from '../../lambdas/learn/runtime.ts';
import { mlflowOf } from '../../lambdas/shared/mlflow.ts';
import { signedService } from '../../lambdas/shared/signed-services.ts';
import { systemClock } from '../../lib/base/index.ts';
import { LocalFiles } from '../../lib/lake/index.ts';
import { ModelRegistry, modelStoreOn } from '../../lib/learning/index.ts';
import { startSmallMlflow, type SmallMlflow } from '../learning/support/small-mlflow.ts';
import { CARD, STUMP } from '../learning/registry/stump.ts';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:mlflow-AbCdEf';

let folder: string;
let mlflow: SmallMlflow;
let secrets: Server;
let secretText: string | undefined;
let registry: ModelRegistry;
let lines: Record<string, unknown>[];
let environment: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-mlflow-'));
  registry = new ModelRegistry(modelStoreOn(new LocalFiles(), path.join(folder, 'registry')));
  mlflow = await startSmallMlflow();
  [lines, secretText] = [[], undefined];
  secrets = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const isAsked = request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue' && (JSON.parse(text) as { SecretId: string }).SecretId === SECRET && /Credential=key\/\d+\/eu-central-1\/secretsmanager\//.test(request.headers.authorization ?? '');
      response.writeHead(isAsked && secretText !== undefined ? 200 : 400).end(JSON.stringify(isAsked ? { SecretString: secretText } : { __type: 'ResourceNotFoundException' }));
    });
  });
  await new Promise<void>((resolve) => {
    secrets.listen(0, '127.0.0.1', resolve);
  });
  const address = secrets.address();
  environment = {
    AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', MLFLOW_TRACKING_URI: mlflow.uri,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
  };
});
afterEach(async () => {
  await mlflow.stop();
  secrets.close();
  rmSync(folder, { recursive: true, force: true });
});

async function tell(signal?: AbortSignal): Promise<Extract<LearnResult, { told: number }>> {
  const runtime = { learning: { registry }, clock: systemClock, ...(signal === undefined ? {} : { signal }) } as unknown as LearningRuntime;
  const server = mlflowOf(environment, () => signedService('secretsmanager', environment, systemClock));
  return await learn(runtime, { step: 'tell' }, { tell: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>), stage: 'millrace-dev', ...(server === undefined ? {} : { mlflow: server }) }) as Extract<LearnResult, { told: number }>;
}

/** A predictor's versions, the last of which answers. */
async function trained(predictor: string, versions = 1): Promise<void> {
  for (let one = 0; one < versions; one++) {
    const { version } = await registry.register({ ...CARD, predictor, metrics: { auc: 0.9 } }, STUMP);
    await registry.setAlias(predictor, 'champion', version, 0);
  }
}

const standing = () => [[...mlflow.versions].map(([name, all]) => [name, all.map(({ tags }) => tags.find(({ key }) => key === 'millrace.registry_version')!.value)]), Object.fromEntries(mlflow.aliases)];

describe('the learning function tells MLflow', () => {
  it('of every version with its run and files, and who answers; told again, the server has it once', async () => {
    await trained('rain', 2);
    await trained('snow');
    expect(await tell()).toEqual({ told: 5, waiting: [], refused: [] });
    expect(standing()).toEqual([[['rain', ['1', '2']], ['snow', ['1']]], { 'rain@champion': '2', 'snow@champion': '1' }]);
    expect(mlflow.runs.map(({ name, status }) => `${name} ${status}`)).toEqual(['rain 1 FINISHED', 'rain 2 FINISHED', 'snow 1 FINISHED']);
    expect(mlflow.runs[0]).toMatchObject({ files: ['card.json', 'model_card.md', 'model/model.json', 'model/MLmodel'], metrics: expect.arrayContaining([expect.objectContaining({ key: 'auc', value: 0.9 })]) as unknown });
    await registry.setAlias('rain', 'champion', '1', 1);
    mlflow.requests = 0;
    await tell();
    expect(standing()).toEqual([[['rain', ['1', '2']], ['snow', ['1']]], { 'rain@champion': '1', 'snow@champion': '1' }]);
    expect([mlflow.runs.length, mlflow.requests]).toEqual([3, 6]); // versions, champion and challenger of each predictor: nothing is asked of a single version
  });

  it('later, where the server was away: nothing fails, and a metric says so until it is made good', async () => {
    await trained('rain');
    mlflow.away = 503;
    expect(await tell()).toMatchObject({ told: 0, waiting: ['version 1 of rain', 'the aliases of rain'], failure: expect.stringContaining('MLflow does not answer') as string });
    expect(lines[0]).toMatchObject({ Stage: 'millrace-dev', MlflowUntold: 2, _aws: { CloudWatchMetrics: [{ Dimensions: [['Stage']] }] } });
    mlflow.away = undefined;
    await trained('rain');
    expect(await tell()).toEqual({ told: 3, waiting: [], refused: [] });
    expect([standing(), lines[1]]).toEqual([[[['rain', ['1', '2']]], { 'rain@champion': '2' }], expect.objectContaining({ MlflowUntold: 0 })]);
  });

  it('of all others, where one is damaged', async () => {
    await trained('rain', 2);
    writeFileSync(path.join(folder, 'registry/rain/1/model.json'), '{"kind":"trees","mod');
    expect(await tell()).toMatchObject({ told: 2, waiting: [], refused: [expect.stringMatching(/^version 1 of rain: /) as string] });
    expect(standing()).toEqual([[['rain', ['2']]], { 'rain@champion': '1' }]);
    expect(lines[0]).toMatchObject({ MlflowUntold: 1 });
  });

  it('as much as its time allows', async () => {
    await trained('rain');
    expect(await tell(AbortSignal.abort())).toEqual({ told: 0, waiting: ['version 1 of rain', 'the aliases of rain'], refused: [], failure: 'there was no time left' });
  });

  it.each([
    ['{"token":"t0k"}', 'Bearer t0k'], ['{"username":"ann","password":"pw"}', `Basic ${Buffer.from('ann:pw').toString('base64')}`],
  ])('with the credentials of the secret: %s', async (text, authorization) => {
    await trained('rain');
    environment['MILLRACE_MLFLOW_SECRET'] = SECRET;
    [secretText, mlflow.authorization] = [text, authorization];
    expect(await tell()).toEqual({ told: 2, waiting: [], refused: [] });
    secretText = '{"token":"of before"}';
    expect(await tell()).toMatchObject({ told: 0, failure: expect.stringContaining('lets nobody in') as string });
  });

  it('nothing, where the secret is gone or is none, and says what of what', async () => {
    environment['MILLRACE_MLFLOW_SECRET'] = SECRET;
    await expect(tell()).rejects.toThrow(`reading the secret ${SECRET} was refused`);
    for (secretText of ['hunter2', '"hunter2"', '{"key":"hunter2"}']) await expect(tell()).rejects.toMatchObject({ message: 'the secret for MLflow has no credentials', where: SECRET });
    delete environment['MLFLOW_TRACKING_URI'];
    await expect(tell()).rejects.toThrow('no MLflow server is configured');
  });
});
