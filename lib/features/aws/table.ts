// The online table of an account brought to what a store of one machine holds: each item put, and what is not among them removed.
import { BatchWriteItemCommand, ScanCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { MillraceError, type Clock } from '../../base/index.ts';
import { itemOf, ONLINE_TABLE } from './dynamodb-store.ts';
import type { KeptItem } from '../lmdb/store.ts';

export interface TableOptions { client: DynamoDBClient; table: string; clock: Clock; random?: () => number; signal?: AbortSignal | undefined }

/** The service's limit for a call, and how many calls are under way at a time. */
const ITEMS_A_CALL = 25;
const CALLS_AT_ONCE = 8;
const MOST_TRIES = 12;

/** Puts all items over what is there; gives how many. */
export async function putItems(items: Iterable<KeptItem>, options: TableOptions): Promise<number> {
  const requests = function* (): Generator<WriteRequest> {
    for (const { key, value, version, expiresAt } of items) yield { PutRequest: { Item: itemOf({ key, value, version, expiresAt }) } };
  };
  return writeAll(requests(), options);
}

/** Removes every item whose key is none of those; gives how many. */
export async function removeOthers(isKept: (key: string) => boolean, options: TableOptions): Promise<number> {
  const { client, table, signal } = options;
  let removed = 0;
  for (let start: Record<string, unknown> | undefined, isFirst = true; isFirst || start !== undefined; isFirst = false) {
    signal?.throwIfAborted();
    const { Items = [], LastEvaluatedKey } = await client.send(new ScanCommand({
      TableName: table, ProjectionExpression: '#p, #s', ExpressionAttributeNames: { '#p': ONLINE_TABLE.partition, '#s': ONLINE_TABLE.sort }, ConsistentRead: true, ...(start === undefined ? {} : { ExclusiveStartKey: start as never }),
    }));
    const gone = Items.filter((item) => !isKept(item[ONLINE_TABLE.partition]?.S ?? ''));
    removed += await writeAll(gone.map((Key): WriteRequest => ({ DeleteRequest: { Key } })), options);
    start = LastEvaluatedKey;
  }
  return removed;
}

async function writeAll(requests: Iterable<WriteRequest>, options: TableOptions): Promise<number> {
  let written = 0;
  let part: WriteRequest[] = [];
  const underWay = new Set<Promise<void>>();
  const send = async (some: WriteRequest[]): Promise<void> => {
    while (underWay.size >= CALLS_AT_ONCE) await Promise.race(underWay);
    const call: Promise<void> = writeSome(some, options).finally(() => underWay.delete(call));
    underWay.add(call);
    written += some.length;
  };
  try {
    for (const request of requests) {
      options.signal?.throwIfAborted();
      part.push(request);
      if (part.length < ITEMS_A_CALL) continue;
      await send(part);
      part = [];
    }
    if (part.length > 0) await send(part);
  } finally {
    await Promise.allSettled(underWay);
  }
  await Promise.all(underWay);
  return written;
}

/** What a call leaves undone is sent again after a pause. */
async function writeSome(requests: WriteRequest[], { client, table, clock, random = Math.random }: TableOptions): Promise<void> {
  let left = requests;
  for (let tried = 0; left.length > 0; tried++) {
    if (tried === MOST_TRIES) throw new MillraceError('io', `${left.length} items were still not taken after ${MOST_TRIES} calls`, { where: table, todo: 'Run it again later; the consumer of the stream stays stopped until then.' });
    if (tried > 0) await clock.sleep(Math.min(5000, 50 * 2 ** tried) * (0.5 + random() / 2));
    const { UnprocessedItems = {} } = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: left } }));
    left = UnprocessedItems[table] ?? [];
  }
}
