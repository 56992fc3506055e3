// Features in an account: the online store in DynamoDB.
export { ONLINE_TABLE, openDynamoDbStore, type DynamoDbStoreOptions } from './dynamodb-store.ts';
export { signedDynamoDb, type DynamoDbCalls } from './dynamodb-calls.ts';
export { sdkDynamoDb } from './sdk-calls.ts';
