// Serving in an account: API Gateway, the authorizer, the log into Kinesis, and answers that were asked beforehand.
export { answeringEngine, answersToJson, rememberingEngine, statementFingerprint, type Answers, type Asked } from './answers.ts';
export { openApiTable, type ApiTableOptions } from './account-table.ts';
export { openAccountPrices, type AccountPrices } from './account-prices.ts';
export { openAccountKeys, type AccountKeys, type AccountKeysOptions } from './account-keys.ts';
export { authorize } from './authorizer.ts';
export { AdmittedKeys, requestOf, resultOf, type AuthorizerContext, type Fetch } from './gateway.ts';
export { gatewayKeys, type GatewayKeys } from './gateway-keys.ts';
export { Held, SERVING_FOLDER, type HeldOptions, type HeldPart, type Load } from './held.ts';
export { invocationLog, recentAnswer, type InvocationLog, type InvocationLogOptions, type LogCounts } from './invocation-log.ts';
export { kinesisPut, type PutRecords, type StreamRecord } from './kinesis-put.ts';
export { publishExperiments, readExperiments, type PublishedExperiment } from './published-experiments.ts';
export { canaryNotices, type CanaryNotice, type CanaryNotices } from './canary-notices.ts';
export { readCanaryCounts, SharedCanaries, type SharedCanariesOptions } from './shared-canaries.ts';
export { judgeCanaries, type CanaryLook, type JudgeOptions } from './judge-canaries.ts';
export { callPriceFunction, type PriceFunctionOptions, type PricesEvent, type PricesResult } from './price-function.ts';
