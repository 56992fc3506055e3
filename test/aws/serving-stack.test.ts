// What the API would be in an account: read off the synthesised template, which the security rules have passed.
import { describe, expect, it } from 'vitest';
import { Problem, ROUTES } from '../../lib/serving/index.ts';
import { policiesOf } from './support/policies.ts';
import { named, ofType, only, textOf, withStages, type Properties, type SynthesisedStage } from './support/stage.ts';

let dev: SynthesisedStage;
let shared: SynthesisedStage;
withStages((one, other) => { [dev, shared] = [one, other]; });

/** Methods of the API by verb and path. */
function methods({ serving }: SynthesisedStage): Map<string, Properties> {
  const pathOf = (id: string): string => {
    const resource = serving[id];
    if (resource?.Type !== 'AWS::ApiGateway::Resource') return '';
    return `${pathOf(textOf(resource.Properties['ParentId']).slice(1, -1))}/${String(resource.Properties['PathPart'])}`;
  };
  return new Map(ofType(serving, 'AWS::ApiGateway::Method').map(([, { Properties }]) => [`${String(Properties['HttpMethod']).toLowerCase()} ${pathOf(textOf(Properties['ResourceId']).slice(1, -1)) || '/'}`, Properties]));
}

describe('the API', () => {
  it('has a method a route of the app, and no other', () => {
    expect([...methods(dev).keys()].sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it('wants a key under a usage plan, looked up by the authorizer, wherever the app wants a scope', () => {
    const [authorizer, { Properties }] = only(dev.serving, 'AWS::ApiGateway::Authorizer');
    expect(Properties).toMatchObject({ Type: 'REQUEST', IdentitySource: 'method.request.header.x-api-key', AuthorizerResultTtlInSeconds: 60 });
    expect(only(dev.serving, 'AWS::ApiGateway::RestApi')[1].Properties).toMatchObject({ ApiKeySourceType: 'AUTHORIZER', EndpointConfiguration: { Types: ['REGIONAL'] } });
    for (const route of ROUTES) {
      const method = methods(dev).get(`${route.method} ${route.path}`)!;
      if (route.scope === undefined) expect([route.path, method['AuthorizationType'], method['ApiKeyRequired'] ?? false]).toEqual([route.path, 'NONE', false]);
      else expect([route.path, method['AuthorizationType'], method['ApiKeyRequired'], textOf(method['AuthorizerId'])]).toEqual([route.path, 'CUSTOM', true, `<${authorizer}>`]);
    }
    expect(only(shared.serving, 'AWS::ApiGateway::Authorizer')[1].Properties['AuthorizerResultTtlInSeconds']).toBe(0);
  });

  it('checks before a function is called that a body is an object, and no empty one; which field is wrong the app says', () => {
    const [validator, { Properties }] = only(dev.serving, 'AWS::ApiGateway::RequestValidator');
    expect(Properties).toMatchObject({ ValidateRequestBody: true, ValidateRequestParameters: true });
    const checked: string[] = [];
    for (const route of ROUTES) {
      const method = methods(dev).get(`${route.method} ${route.path}`)!;
      expect(textOf(method['RequestValidatorId'])).toBe(`<${validator}>`);
      const [param] = /\{\w+\}/.exec(route.path) ?? [];
      expect(Object.keys((method['RequestParameters'] ?? {}) as object)).toEqual(param === undefined ? [] : [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `method.request.path.${name}`));
      // What reads more than JSON (Python writes NaN) is not to be refused by who knows JSON alone.
      if (route.body === undefined || route.reads !== undefined) {
        expect([route.path, method['RequestModels']]).toEqual([route.path, undefined]);
        continue;
      }
      checked.push(route.path);
      const model = dev.serving[textOf((method['RequestModels'] as Record<string, unknown>)['application/json']).slice(1, -1)]!.Properties;
      const schema = model['Schema'] as Record<string, unknown>;
      const required = (route.body as { required?: string[] }).required ?? [];
      expect([route.path, schema]).toEqual([route.path, { $schema: 'http://json-schema.org/draft-04/schema#', title: model['Name'], type: 'object', ...(required.length === 0 ? {} : { minProperties: 1 }) }]);
    }
    expect(checked).toEqual(expect.arrayContaining(['/v1/predict/{predictor}', '/v1/price', '/v1/shipping/quote', '/v1/recommendations', '/v1/outcomes']));
  });

  it('says no as the app says no', () => {
    const answers = ofType(dev.serving, 'AWS::ApiGateway::GatewayResponse').map(([, { Properties }]) => Properties) as unknown as { ResponseType: string; StatusCode?: string; ResponseTemplates: Record<string, string>; ResponseParameters: Record<string, string> }[];
    for (const { StatusCode, ResponseTemplates, ResponseParameters } of answers) {
      const template = ResponseTemplates['application/json']!;
      // Of what the service puts in, only this is JSON: a text in its quotation marks, with those within it escaped.
      expect([...template.matchAll(/\$[\w.]+/g)].map(([variable]) => variable).filter((variable) => variable !== '$context.error.messageString')).toEqual([]);
      const told = JSON.parse(template.replace(':$context.error.messageString', ':"Missing required request parameters: [\\"predictor\\"]"')) as { type: string; title: string; status?: number; detail: string };
      const { status, ...rest } = new Problem(Number(StatusCode ?? 400), told.title, told.detail).toJSON();
      expect(told).toEqual(StatusCode === undefined ? rest : { ...rest, status });
      expect(ResponseParameters['gatewayresponse.header.content-type']).toBe("'application/problem+json'");
      expect(ResponseParameters['gatewayresponse.header.x-request-id']).toBe('context.requestId');
    }
    expect(Object.fromEntries(answers.map(({ ResponseType: type, StatusCode }) => [type, StatusCode]))).toEqual({
      UNAUTHORIZED: '401', ACCESS_DENIED: '403', INVALID_API_KEY: '403', WAF_FILTERED: '403', THROTTLED: '429', QUOTA_EXCEEDED: '429', BAD_REQUEST_BODY: '400', BAD_REQUEST_PARAMETERS: '400', REQUEST_TOO_LARGE: '413',
      UNSUPPORTED_MEDIA_TYPE: '415', RESOURCE_NOT_FOUND: '404', MISSING_AUTHENTICATION_TOKEN: '404', INTEGRATION_TIMEOUT: '504', INTEGRATION_FAILURE: '504', DEFAULT_4XX: undefined, DEFAULT_5XX: '500',
    });
    const waits = answers.map(({ ResponseType: type, ResponseParameters }) => [type, ResponseParameters['gatewayresponse.header.retry-after']]).filter(([, wait]) => wait !== undefined);
    expect(Object.fromEntries(waits)).toEqual({ THROTTLED: "'1'", QUOTA_EXCEEDED: "'3600'" });
  });

  it('writes down who called by the name of the key, and nothing personal', () => {
    const [, { Properties }] = only(dev.serving, 'AWS::ApiGateway::Stage');
    const { Format, DestinationArn } = Properties['AccessLogSetting'] as { Format: string; DestinationArn: unknown };
    expect(dev.serving[/<(\w+)>/.exec(textOf(DestinationArn))?.[1] ?? '']).toMatchObject({ Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/aws/apigateway/millrace-dev-api', RetentionInDays: 90, KmsKeyId: expect.anything() as unknown } });
    // Values without quotation marks of their own would make it no JSON.
    expect(Object.keys(JSON.parse(Format) as object)).toEqual(expect.arrayContaining(['requestId', 'key', 'route', 'status', 'milliseconds', 'firewall']));
    expect(Format).toContain('$context.authorizer.principalId');
    expect(Format).not.toMatch(/sourceIp|userAgent|context\.path|caller|apiKey|user/i);
    expect(Properties).toMatchObject({ StageName: 'dev', TracingEnabled: true, MethodSettings: [{ DataTraceEnabled: false, LoggingLevel: 'ERROR', MetricsEnabled: true, ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1000 }] });
  });

  it('counts keys by the plans of the stage', () => {
    const plans = (one: SynthesisedStage) => Object.fromEntries(ofType(one.serving, 'AWS::ApiGateway::UsagePlan').map(([, { Properties }]) => [Properties['UsagePlanName'], [Properties['Throttle'], Properties['Quota']]]));
    expect(plans(dev)).toEqual({ 'millrace-dev-standard': [{ RateLimit: 50, BurstLimit: 100 }, undefined] });
    const [stage] = only(dev.serving, 'AWS::ApiGateway::Stage');
    for (const [, { Properties }] of ofType(dev.serving, 'AWS::ApiGateway::UsagePlan')) expect((Properties['ApiStages'] as { Stage: unknown }[]).map((one) => textOf(one.Stage))).toEqual([`<${stage}>`]);
    expect(plans(shared)).toEqual({ 'millrace-shared-shop': [{ RateLimit: 20, BurstLimit: 40 }, undefined], 'millrace-shared-partner': [{ RateLimit: 2, BurstLimit: 3 }, { Limit: 1000, Period: 'DAY' }] });
  });

  it('has a name of its own where the stage says so, and then no other', () => {
    expect(ofType(dev.serving, 'AWS::ApiGateway::DomainName')).toEqual([]);
    expect(only(shared.serving, 'AWS::ApiGateway::DomainName')[1].Properties).toMatchObject({ DomainName: 'api.shop.example', SecurityPolicy: 'TLS_1_2' });
    expect(only(shared.serving, 'AWS::ApiGateway::RestApi')[1].Properties['DisableExecuteApiEndpoint']).toBe(true);
    const [name] = only(shared.serving, 'AWS::ApiGateway::DomainName');
    const [stage] = only(shared.serving, 'AWS::ApiGateway::Stage');
    expect(['DomainName', 'Stage'].map((property) => textOf(only(shared.serving, 'AWS::ApiGateway::BasePathMapping')[1].Properties[property]))).toEqual([`<${name}>`, `<${stage}>`]);
  });

  it('stands behind a firewall unless the stage switches it off; bodies of many rows pass it', () => {
    const [, { Properties }] = only(dev.serving, 'AWS::WAFv2::WebACL');
    expect((Properties['Rules'] as { Name: string }[]).map(({ Name }) => Name)).toEqual(['rate', 'AWSManagedRulesAmazonIpReputationList', 'AWSManagedRulesCommonRuleSet', 'AWSManagedRulesKnownBadInputsRuleSet']);
    expect(JSON.stringify(Properties)).toContain('{"ActionToUse":{"Count":{}},"Name":"SizeRestrictions_BODY"}');
    expect((Properties['Rules'] as object[])[0]).toMatchObject({ Action: { Block: {} }, Statement: { RateBasedStatement: { AggregateKeyType: 'IP', Limit: 100_000 } } });
    expect(textOf(only(dev.serving, 'AWS::WAFv2::WebACLAssociation')[1].Properties['ResourceArn'])).toMatch(/^arn:aws:apigateway:eu-central-1::\/restapis\/<.+>\/stages\/<.+>$/);
    expect(ofType(shared.serving, 'AWS::WAFv2::WebACL')).toEqual([]);
  });
});

describe('a new version of the scoring function', () => {
  it('comes into use little by little, and is taken back where an alarm rings', () => {
    const [group, { Properties }] = only(dev.serving, 'AWS::CodeDeploy::DeploymentGroup');
    expect(textOf(Properties['DeploymentConfigName'])).toBe('CodeDeployDefault.LambdaCanary10Percent5Minutes');
    const alarms = (Properties['AlarmConfiguration'] as { Alarms: { Name: unknown }[] }).Alarms.map(({ Name }) => dev.serving[textOf(Name).slice(1, -1)]?.Properties['AlarmName']);
    expect(alarms.sort()).toEqual(['millrace-dev-api-errors', 'millrace-dev-api-fallbacks', 'millrace-dev-api-slow', 'millrace-dev-score-errors']);
    expect((Properties['AutoRollbackConfiguration'] as { Events: string[] }).Events.sort()).toEqual(['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST']);
    const [, alias] = only(dev.serving, 'AWS::Lambda::Alias');
    expect(textOf((alias.UpdatePolicy as { CodeDeployLambdaAliasUpdate: { DeploymentGroupName: unknown } }).CodeDeployLambdaAliasUpdate.DeploymentGroupName)).toBe(`<${group}>`);
    expect(textOf(only(shared.serving, 'AWS::CodeDeploy::DeploymentGroup')[1].Properties['DeploymentConfigName'])).toContain('LambdaLinear10PercentEvery1Minute');
  });

  it('is traced, encrypted, on the runtime that bundles are made for, and gives up before the gateway does', () => {
    expect(named(dev.serving, 'AWS::Lambda::Function', 'FunctionName', 'millrace-dev-score')[1].Properties).toMatchObject({
      Runtime: 'nodejs24.x', Architectures: ['x86_64'], Timeout: 15, MemorySize: 1769, TracingConfig: { Mode: 'Active' }, KmsKeyArn: expect.anything() as unknown, LoggingConfig: { LogFormat: 'JSON' },
    });
  });

  it('is what the API calls, kept ready where the stage says so', () => {
    const [alias, { Properties }] = only(dev.serving, 'AWS::Lambda::Alias');
    for (const method of methods(dev).values()) expect(textOf((method['Integration'] as { Uri: unknown }).Uri)).toContain(`<${alias}>`);
    expect(Properties['ProvisionedConcurrencyConfig']).toBeUndefined();
    expect(only(shared.serving, 'AWS::Lambda::Alias')[1].Properties['ProvisionedConcurrencyConfig']).toEqual({ ProvisionedConcurrentExecutions: 2 });
  });
});

describe('what the API keeps', () => {
  it('is encrypted with our key, restorable, forgotten in time, and stays when the stack goes', () => {
    const tables = ofType(dev.serving, 'AWS::DynamoDB::Table');
    expect(tables.map(([, { Properties }]) => Properties['TableName']).sort()).toEqual(['millrace-dev-api', 'millrace-dev-api-keys']);
    for (const [, { Properties, DeletionPolicy }] of tables) {
      expect(Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST', TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true }, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' }, DeletionProtectionEnabled: true,
      });
      expect(DeletionPolicy).toBe('Retain');
    }
    expect(named(dev.foundation, 'AWS::S3::Bucket', 'BucketName', 'millrace-dev-models-ACCOUNT-REGION')[1].Properties).toMatchObject({ VersioningConfiguration: { Status: 'Enabled' } });
  });

  it('is touched by each function only as its duty asks', () => {
    const policies = policiesOf(dev.serving, 'millrace-dev-');
    const may = (name: string) => policies.get(name)!.flatMap(({ actions, resources }) => actions.filter((action) => !/^(kms|logs|xray):/.test(action)).flatMap((action) => resources.map((resource) => `${action} ${resource.replace(/^arn:aws:[\w]+:[^:]*:[^:]*:/, '').replace('-ACCOUNT-REGION', '')}`))).sort();
    const table = (name: string) => `<${ofType(dev.serving, 'AWS::DynamoDB::Table').find(([, { Properties }]) => Properties['TableName'] === `millrace-dev-${name}`)![0]}>`;
    expect(may('score')).toEqual([
      `dynamodb:BatchGetItem ${table('api')}`, 'dynamodb:BatchGetItem table/millrace-dev-online', `dynamodb:PutItem ${table('api')}`,
      'kinesis:PutRecords stream/millrace-dev-outcomes', 'kinesis:PutRecords stream/millrace-dev-predictions',
      's3:GetObject millrace-dev-models/registry/*', 's3:GetObject millrace-dev-models/serving/*', 's3:ListBucket millrace-dev-models', 's3:PutObject millrace-dev-models/waiting/*',
    ].sort());
    expect(may('authorize')).toEqual([`dynamodb:BatchGetItem ${table('api-keys')}`]);
    expect(may('relog')).toEqual(['kinesis:PutRecords stream/millrace-dev-predictions', 's3:DeleteObject millrace-dev-models/waiting/*', 's3:GetObject millrace-dev-models/waiting/*', 's3:ListBucket millrace-dev-models', expect.stringMatching(/^sqs:SendMessage </) as string]);
    expect(may('snapshot').filter((line) => /Put|Delete/.test(line))).toEqual(['s3:PutObject millrace-dev-models/answers/*', 's3:PutObject millrace-dev-models/serving/*', 's3:PutObject millrace-dev-results/athena/*']);
    expect(may('prices').filter((line) => /Put|Delete|Create|Update/.test(line))).toEqual([
      `dynamodb:PutItem ${table('api')}`, ...['glue:CreateTable', 'glue:UpdateTable'].flatMap((action) => ['catalog', 'database/millrace_dev_gold', 'table/millrace_dev_gold/*'].map((place) => `${action} ${place}`)),
      's3:DeleteObject millrace-dev-lake/gold/*', 's3:DeleteObject millrace-dev-models/exports/prices/*', 's3:PutObject millrace-dev-lake/gold/*', 's3:PutObject millrace-dev-models/answers/demand/*', 's3:PutObject millrace-dev-models/answers/lists/*', 's3:PutObject millrace-dev-models/exports/prices/*', 's3:PutObject millrace-dev-models/serving/demand.json', 's3:PutObject millrace-dev-results/athena/*',
    ].sort());
  });
});

describe('people', () => {
  it('are told of errors, slowness, fall-backs and what becomes of the log, all by the one topic', () => {
    const alarms = ofType(dev.serving, 'AWS::CloudWatch::Alarm');
    expect(alarms.map(([, { Properties }]) => String(Properties['AlarmName']).replace('millrace-dev-', '')).sort()).toEqual([
      'api-errors', 'api-fallbacks', 'api-slow', 'authorize-errors', 'authorize-throttled', 'canaries-rolled-back', 'judge-errors', 'judge-throttled', 'predictions-lost', 'predictions-set-aside', 'predictions-unlogged', 'prices-failed', 'score-errors', 'score-throttled',
      'serving-stale', 'snapshot-errors', 'snapshot-throttled',
    ]);
    for (const [, { Properties }] of alarms) expect((Properties['AlarmActions'] as unknown[]).map(textOf)).toEqual(['arn:aws:sns:eu-central-1:ACCOUNT:millrace-dev-data-team']);
    expect(only(dev.serving, 'AWS::CloudWatch::Dashboard')[1].Properties['DashboardName']).toBe('millrace-dev-serving');
  });
});

describe('what is answered from', () => {
  it('is made after each batch, after each deployment and every hour; what was put aside is logged when it arrives', () => {
    const rules = new Map(ofType(dev.serving, 'AWS::Events::Rule').map(([, { Properties }]) => [String(Properties['Name']).replace('millrace-dev-', ''), Properties]));
    expect([...rules.keys()].sort()).toEqual(['judge', 'predictions-put-aside', 'snapshot-after-batch', 'snapshot-after-deployment', 'snapshot-hourly']);
    expect(textOf(((rules.get('snapshot-after-batch')!['EventPattern'] as { detail: { stateMachineArn: unknown[] } }).detail.stateMachineArn)[0])).toBe('arn:aws:states:eu-central-1:ACCOUNT:stateMachine:millrace-dev-batch');
    expect(rules.get('predictions-put-aside')!['EventPattern']).toMatchObject({ detail: { object: { key: [{ prefix: 'waiting/' }] } } });
  });
});

describe('lists of prices', () => {
  it('are made every day after the batch, in the shop’s zone, unless the stage says otherwise', () => {
    const { Properties } = named(dev.serving, 'AWS::Scheduler::Schedule', 'Name', 'millrace-dev-prices')[1];
    expect(Properties).toMatchObject({ ScheduleExpression: 'cron(0 5 * * ? *)', ScheduleExpressionTimezone: 'America/Sao_Paulo' });
    const [id] = named(dev.serving, 'AWS::Lambda::Function', 'FunctionName', 'millrace-dev-prices');
    expect(textOf((Properties['Target'] as { Arn: unknown }).Arn)).toBe(`<${id}>`);
    expect(ofType(shared.serving, 'AWS::Scheduler::Schedule')).toEqual([]);
  });

  it('touch lists of the API’s table, and nothing else that it holds', () => {
    expect(keysOfTable('prices')).toEqual([['dynamodb:BatchGetItem', 'dynamodb:PutItem'], { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['price-list/*'] } }]);
  });
});

describe('canaries of models', () => {
  it('are looked at every five minutes by a function that may change who answers, and no version', () => {
    const rule = named(dev.serving, 'AWS::Events::Rule', 'Name', 'millrace-dev-judge')[1].Properties;
    const [id] = named(dev.serving, 'AWS::Lambda::Function', 'FunctionName', 'millrace-dev-judge');
    expect([rule['ScheduleExpression'], (rule['Targets'] as { Arn: unknown }[]).map(({ Arn }) => textOf(Arn))]).toEqual(['rate(5 minutes)', [`<${id}>`]]);
    const writes = policiesOf(dev.serving, 'millrace-dev-').get('judge')!.flatMap(({ actions, resources }) => actions.filter((action) => /Put|Delete|Create|Update|Publish/.test(action) && !/^(logs|xray)/.test(action)).flatMap((action) => resources.map((resource) => `${action} ${resource}`)));
    expect(writes.sort()).toEqual([
      expect.stringMatching(/^dynamodb:DeleteItem <ApiTable/) as string, expect.stringMatching(/^dynamodb:PutItem <ApiTable/) as string, 's3:PutObject arn:aws:s3:::millrace-dev-models-ACCOUNT-REGION/registry/*/aliases/*', 's3:PutObject arn:aws:s3:::millrace-dev-results-ACCOUNT-REGION/athena/*', 'sns:Publish arn:aws:sns:eu-central-1:ACCOUNT:millrace-dev-data-team',
    ]);
    expect(keysOfTable('judge')).toEqual([['dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:PutItem'], { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['canary/*'] } }]);
  });
});

/** What a function may do with the API's table, and with which of its keys. */
function keysOfTable(name: string): [string[], unknown] {
  const role = textOf(named(dev.serving, 'AWS::Lambda::Function', 'FunctionName', `millrace-dev-${name}`)[1].Properties['Role']);
  const statements = ofType(dev.serving, 'AWS::IAM::Policy').filter(([, { Properties }]) => (Properties['Roles'] as unknown[]).some((one) => textOf(one) === role))
    .flatMap(([, { Properties }]) => (Properties['PolicyDocument'] as { Statement: { Action: string | string[]; Condition?: unknown }[] }).Statement);
  const [{ Action, Condition } = { Action: [], Condition: undefined }, ...others] = statements.filter(({ Action: one }) => JSON.stringify(one).includes('dynamodb:'));
  expect(others).toEqual([]);
  return [[Action].flat(), Condition];
}

describe('templates', () => {
  it('stay far below what CloudFormation takes', () => {
    for (const one of [dev, shared]) for (const part of [one.foundation, one.batch, one.stream, one.serving]) {
      expect(Object.keys(part).length).toBeLessThan(400);
      expect(JSON.stringify(part).length).toBeLessThan(900_000);
    }
  });
});
