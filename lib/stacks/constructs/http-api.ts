// API Gateway's REST API over the scoring function: a method a route of the app, keys by an authorizer, plans that count them, logs without persons.
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccessLogField, AccessLogFormat, ApiKeySourceType, AuthorizationType, DomainName, EndpointType, IdentitySource, LambdaIntegration, LogGroupLogDestination, MethodLoggingLevel, Model, Period,
  RequestAuthorizer, RequestValidator, ResponseType, RestApi, SecurityPolicy, type Method,
} from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { UsagePlanSettings } from '../../base/index.ts';
import type { Route } from '../../serving/index.ts';
import type { FoundationStack } from '../foundation-stack.ts';
import { gatewaySchema } from '../gateway-schema.ts';
import { acknowledge } from '../nag.ts';

export interface HttpApiProps {
  foundation: FoundationStack;
  routes: readonly Route[];
  /** Answers requests. */
  score: IFunction;
  /** Says who asks. */
  authorize: IFunction;
}

/** Where keys are made under when nothing else is said. */
const STANDARD_PLAN: Readonly<Record<string, UsagePlanSettings>> = Object.freeze({ standard: { ratePerSecond: 50, burst: 100 } });

/** The service's own words, in quotation marks already. */
const ITS_WORDS = '$context.error.messageString';

/** What API Gateway itself says no to, told as the app tells it. Without a status it keeps its own. */
const PROBLEMS: readonly (readonly [ResponseType, status: number | undefined, title: string, detail: string])[] = [
  [ResponseType.UNAUTHORIZED, 401, 'Unauthorized', 'the header x-api-key is missing, or the key is not known'],
  [ResponseType.ACCESS_DENIED, 403, 'Forbidden', 'this API key may not do that'],
  [ResponseType.INVALID_API_KEY, 403, 'Forbidden', 'this API key is under no usage plan'],
  [ResponseType.WAF_FILTERED, 403, 'Forbidden', 'the firewall took this request for an attack'],
  [ResponseType.THROTTLED, 429, 'Too many requests', 'the plan of this key, or the API as a whole, allows no more a second; try again in 1 s'],
  [ResponseType.QUOTA_EXCEEDED, 429, 'Too many requests', 'the plan of this key allows no more today'],
  [ResponseType.BAD_REQUEST_BODY, 400, 'Invalid request', 'the body is no JSON object, or one without any field; GET /openapi.json shows what the route takes'],
  [ResponseType.BAD_REQUEST_PARAMETERS, 400, 'Invalid request', ITS_WORDS],
  [ResponseType.REQUEST_TOO_LARGE, 413, 'Content too large', 'the body is too large; send fewer rows at a time'],
  [ResponseType.UNSUPPORTED_MEDIA_TYPE, 415, 'Unsupported media type', 'a body is application/json'],
  [ResponseType.RESOURCE_NOT_FOUND, 404, 'Not found', 'there is no such route; GET /openapi.json lists what there is'],
  [ResponseType.MISSING_AUTHENTICATION_TOKEN, 404, 'Not found', 'there is no such route; GET /openapi.json lists what there is'],
  [ResponseType.INTEGRATION_TIMEOUT, 504, 'Timed out', 'there was no answer in time'],
  [ResponseType.INTEGRATION_FAILURE, 504, 'Timed out', 'there was no answer'],
  [ResponseType.DEFAULT_4XX, undefined, 'Refused', ITS_WORDS],
  [ResponseType.DEFAULT_5XX, 500, 'Internal error', 'something broke; the log has it under the request id'],
];

export class HttpApi extends Construct {
  readonly api: RestApi;

  constructor(scope: Construct, id: string, { foundation, routes, score, authorize }: HttpApiProps) {
    super(scope, id);
    const { stage, key } = foundation;
    const { authorizerCacheSeconds = 60, requestsPerSecond = 500, burst = 1_000, plans = STANDARD_PLAN, domain, logsRole = true } = stage.settings.serving ?? {};
    this.api = new RestApi(this, 'Api', {
      restApiName: stage.resource('api'),
      description: `The scoring API of ${stage.app} ${stage.name}`,
      apiKeySourceType: ApiKeySourceType.AUTHORIZER,
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: logsRole, ...(logsRole ? { cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN } : {}),
      disableExecuteApiEndpoint: domain !== undefined,
      deployOptions: {
        stageName: stage.name,
        accessLogDestination: new LogGroupLogDestination(new LogGroup(this, 'AccessLogs', {
          logGroupName: `/aws/apigateway/${stage.resource('api')}`, retention: RetentionDays.THREE_MONTHS, encryptionKey: key, removalPolicy: RemovalPolicy.DESTROY,
        })),
        accessLogFormat: accessLogFormat(),
        // Errors of the gateway itself; never what was asked or answered.
        loggingLevel: MethodLoggingLevel.ERROR, dataTraceEnabled: false, metricsEnabled: true, tracingEnabled: true,
        throttlingRateLimit: requestsPerSecond, throttlingBurstLimit: burst,
      },
    });
    if (logsRole) acknowledge(this.api, 'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]', "API Gateway's one role for logs has the policy that the service asks for.");
    for (const [type, status, title, detail] of PROBLEMS) {
      const body = { type: `urn:millrace:problem:${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`, title, ...(status === undefined ? {} : { status }), detail };
      const retryAfter = type === ResponseType.THROTTLED ? "'1'" : type === ResponseType.QUOTA_EXCEEDED ? "'3600'" : undefined;
      this.api.addGatewayResponse(type.responseType, {
        type, ...(status === undefined ? {} : { statusCode: String(status) }),
        responseHeaders: { 'content-type': "'application/problem+json'", 'x-request-id': 'context.requestId', ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }) },
        templates: { 'application/json': JSON.stringify(body).replace(`"${ITS_WORDS}"`, ITS_WORDS) },
      });
    }
    const authorizer = new RequestAuthorizer(this, 'Authorizer', {
      authorizerName: stage.resource('keys'), handler: authorize, identitySources: [IdentitySource.header('x-api-key')], resultsCacheTtl: Duration.seconds(authorizerCacheSeconds),
    });
    const validator = new RequestValidator(this, 'Validator', { restApi: this.api, requestValidatorName: stage.resource('body-and-parameters'), validateRequestBody: true, validateRequestParameters: true });
    // One permission for the API: the policy of a function has no room for one a method.
    const integration = new LambdaIntegration(score, { scopePermissionToMethod: false });
    for (const route of routes) this.#method(route, integration, authorizer, validator);
    for (const [name, plan] of Object.entries(plans)) {
      this.api.addUsagePlan(`Plan${name}`, {
        name: stage.resource(name), description: `Keys of the plan ${name}`, apiStages: [{ stage: this.api.deploymentStage }],
        throttle: { rateLimit: plan.ratePerSecond, burstLimit: plan.burst ?? plan.ratePerSecond * 2 },
        ...(plan.dailyQuota === undefined ? {} : { quota: { limit: plan.dailyQuota, period: Period.DAY } }),
      });
    }
    if (domain !== undefined) {
      const named = new DomainName(this, 'Domain', {
        domainName: domain.name, certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn), endpointType: EndpointType.REGIONAL, securityPolicy: SecurityPolicy.TLS_1_2,
      });
      named.addBasePathMapping(this.api, { stage: this.api.deploymentStage });
    }
    acknowledge(this.api, 'COG4', 'Callers are back ends with keys, not people with a login: an authorizer of our own looks the keys up by their hashes.');
  }

  #method(route: Route, integration: LambdaIntegration, authorizer: RequestAuthorizer, requestValidator: RequestValidator): void {
    const resource = this.api.root.resourceForPath(route.path);
    const name = `${route.method}${route.path}`.replaceAll(/[^a-zA-Z]+/g, ' ').trim().replaceAll(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
    const isOpen = route.scope === undefined;
    const schema = gatewaySchema(route, name);
    const method: Method = resource.addMethod(route.method.toUpperCase(), integration, {
      operationName: name,
      ...(isOpen ? { authorizationType: AuthorizationType.NONE } : { authorizationType: AuthorizationType.CUSTOM, authorizer, apiKeyRequired: true }),
      requestValidator,
      requestParameters: Object.fromEntries([...route.path.matchAll(/\{(\w+)\}/g)].map(([, param = '']) => [`method.request.path.${param}`, true])),
      ...(schema === undefined ? {} : { requestModels: { 'application/json': new Model(this, `Body${name}`, { restApi: this.api, modelName: name, contentType: 'application/json', description: route.summary, schema }) } }),
    });
    if (isOpen) acknowledge(method, 'APIG4', 'Health, version, document and page say nothing of the shop and are open to everyone.');
  }
}

/** Who called is a name of a key; addresses, paths with ids, and bodies are not written down. */
function accessLogFormat(): AccessLogFormat {
  return AccessLogFormat.custom(JSON.stringify({
    requestId: AccessLogField.contextRequestId(), time: AccessLogField.contextRequestTime(), key: AccessLogField.contextAuthorizerPrincipalId(),
    method: AccessLogField.contextHttpMethod(), route: AccessLogField.contextResourcePath(), status: AccessLogField.contextStatus(), milliseconds: AccessLogField.contextResponseLatency(),
    functionMilliseconds: AccessLogField.contextIntegrationLatency(), bytes: AccessLogField.contextResponseLength(), error: AccessLogField.contextErrorResponseType(),
    firewall: AccessLogField.contextWafResponseCode(), trace: AccessLogField.contextXrayTraceId(),
  }));
}

/** Of a stage, for what is attached to it. */
export function stageArnOf({ api }: HttpApi): string {
  const stack = Stack.of(api);
  return stack.formatArn({ service: 'apigateway', account: '', resource: '/restapis', resourceName: `${api.restApiId}/stages/${api.deploymentStage.stageName}` });
}
