// Features in an account: the online store in DynamoDB.
export { ONLINE_TABLE, openDynamoDbStore, type DynamoDbStoreOptions } from './dynamodb-store.ts';
export { signedDynamoDb, type DynamoDbCalls } from './dynamodb-calls.ts';
export { sdkDynamoDb } from './sdk-calls.ts';
export { openAccount, type Account, type AccountOptions } from './account.ts';
export { accountConsumer, type AccountConsumer } from './consumer.ts';
export { catchUp, type CatchUpOptions } from './catch-up.ts';
export { refillFeatures, type RefillOptions, type RefillReport } from './refill.ts';
export { putItems, removeOthers, type TableOptions } from './table.ts';
