// A table of DynamoDB as a store that can be gone through: the online features, what the API remembers.
import { gunzipSync } from 'node:zlib';
import { BatchWriteItemCommand, ScanCommand, type AttributeValue, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { MillraceError, type Clock } from '../../base/index.ts';
import { ONLINE_TABLE } from '../../features/aws/index.ts';
import type { ItemStore, StoreItem } from '../stores.ts';

export interface ItemTableOptions { client: DynamoDBClient; table: string; clock: Clock; random?: () => number }

/** The service's limit for a call. */
const ITEMS_A_CALL = 25;
const MOST_TRIES = 12;
const { partition, sort } = ONLINE_TABLE;

/** undefined where there is no such table. */
export async function itemTable({ client, table, clock, random = Math.random }: ItemTableOptions): Promise<ItemStore | undefined> {
  const page = (start?: Record<string, AttributeValue>) => client.send(new ScanCommand({
    TableName: table, ProjectionExpression: '#p, #d', ExpressionAttributeNames: { '#p': partition, '#d': 'd' }, ConsistentRead: true, ...(start === undefined ? {} : { ExclusiveStartKey: start }),
  }));
  const isThere = await client.send(new ScanCommand({ TableName: table, Limit: 1 })).then(() => true, (error: Error) => {
    if (error.name === 'ResourceNotFoundException') return false;
    throw error;
  });
  if (!isThere) return undefined;
  return {
    async *items({ signal }) {
      for (let start: Record<string, AttributeValue> | undefined, isFirst = true; isFirst || start !== undefined; isFirst = false) {
        signal?.throwIfAborted();
        const { Items = [], LastEvaluatedKey } = await page(start);
        for (const item of Items) yield itemOf(item);
        start = LastEvaluatedKey;
      }
    },
    async remove(keys) {
      for (let at = 0; at < keys.length; at += ITEMS_A_CALL) {
        let left = keys.slice(at, at + ITEMS_A_CALL).map((key): WriteRequest => ({ DeleteRequest: { Key: { [partition]: { S: key }, [sort]: { S: '-' } } } }));
        for (let tried = 0; left.length > 0; tried++) {
          if (tried === MOST_TRIES) throw new MillraceError('io', `${left.length} items were still not deleted after ${MOST_TRIES} calls`, { where: table, todo: 'Run it again later: it goes on.' });
          if (tried > 0) await clock.sleep(Math.min(5000, 50 * 2 ** tried) * (0.5 + random() / 2));
          const { UnprocessedItems = {} } = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: left } }));
          left = UnprocessedItems[table] ?? [];
        }
      }
    },
  };

  function itemOf(item: Record<string, AttributeValue>): StoreItem {
    const key = item[partition]?.S ?? '';
    const { d } = item;
    return { key, ...(d === undefined ? {} : { value: d.B === undefined ? d.S ?? '' : gunzipSync(d.B).toString('utf8') }) };
  }
}
