// The calls of DynamoDB by the SDK's client.
import { BatchGetItemCommand, DeleteItemCommand, PutItemCommand, TransactWriteItemsCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDbCalls } from './dynamodb-calls.ts';

export function sdkDynamoDb(client: DynamoDBClient): DynamoDbCalls {
  return {
    BatchGetItem: (input) => client.send(new BatchGetItemCommand(input)),
    PutItem: (input) => client.send(new PutItemCommand({ ...input, TableName: input.TableName, Item: input.Item })),
    DeleteItem: (input) => client.send(new DeleteItemCommand({ ...input, TableName: input.TableName, Key: input.Key })),
    TransactWriteItems: (input) => client.send(new TransactWriteItemsCommand(input)),
  };
}
