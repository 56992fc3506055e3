// Features in an account: the online store in DynamoDB.
export { ONLINE_TABLE, openDynamoDbStore, type DynamoDbStoreOptions } from './dynamodb-store.ts';
