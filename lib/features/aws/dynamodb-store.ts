// The online store of an account: a DynamoDB table. A write of several items is a transaction.
import { gunzipSync, gzipSync } from 'node:zlib';
import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { MillraceError, messageOf, type Clock } from '../../base/index.ts';
import type { DynamoDbCalls } from './dynamodb-calls.ts';
import { nextVersion, type Change, type OnlineStore, type StoredItem, type WriteResult } from '../store.ts';

/** Keys and time to live of the table. */
export const ONLINE_TABLE = Object.freeze({ partition: 'pk', sort: 'sk', timeToLive: 'expires_at' });

export interface DynamoDbStoreOptions {
  /** By the SDK's client, or by signed requests. */
  calls: DynamoDbCalls;
  table: string;
  clock: Clock;
  /** 0 to 1, for the jitter of pauses. */
  random?: () => number;
}

/** The service's limits: keys of a read, items of a transaction. */
const KEYS_PER_READ = 100;
const ITEMS_PER_WRITE = 100;
/** An item is charged by the kilobyte; what is longer than this is packed. */
const PACKED_FROM = 1024;
const SORT: AttributeValue = { S: '-' };
const MOST_READS = 10;

/** The adapter; the client stays the caller's. */
export function openDynamoDbStore({ calls, table, clock, random = Math.random }: DynamoDbStoreOptions): OnlineStore {
  const failed = (what: string, cause: unknown): MillraceError =>
    new MillraceError('io', `the online store cannot be ${what}: ${messageOf(cause)}`, { where: table, todo: 'What was not done comes again. If it goes on: look at the table’s alarms and the function’s permissions.', cause });

  const readSome = async (keys: readonly string[], found: Map<string, StoredItem>): Promise<void> => {
    let asked: Record<string, AttributeValue>[] = keys.map((key) => ({ [ONLINE_TABLE.partition]: { S: key }, [ONLINE_TABLE.sort]: SORT }));
    for (let tried = 0; asked.length > 0; tried++) {
      if (tried === MOST_READS) throw failed('read', new Error(`${asked.length} keys were still not answered after ${MOST_READS} calls`));
      if (tried > 0) await clock.sleep(Math.min(1000, 10 * 2 ** tried) * (0.5 + random() / 2));
      const { Responses = {}, UnprocessedKeys = {} } = await calls.BatchGetItem({ RequestItems: { [table]: { Keys: asked, ConsistentRead: true } } })
        .catch((cause: unknown) => { throw failed('read', cause); });
      for (const item of Responses[table] ?? []) found.set(item[ONLINE_TABLE.partition]!.S!, stored(item));
      asked = UnprocessedKeys[table]?.Keys ?? [];
    }
  };

  return {
    mostChanges: ITEMS_PER_WRITE,
    async get(keys) {
      const found = new Map<string, StoredItem>();
      const wanted = [...new Set(keys)];
      const parts = Array.from({ length: Math.ceil(wanted.length / KEYS_PER_READ) }, (_, part) => wanted.slice(part * KEYS_PER_READ, (part + 1) * KEYS_PER_READ));
      await Promise.all(parts.map((part) => readSome(part, found)));
      return keys.map((key) => found.get(key));
    },
    async write(changes): Promise<WriteResult> {
      if (changes.length === 0) return { ok: true };
      const items = changes.map((change) => actionOf(change, table, clock.now()));
      try {
        // One item needs no transaction, which would cost twice as much.
        const [only] = items;
        if (items.length === 1 && only?.Put !== undefined) await calls.PutItem(only.Put);
        else if (items.length === 1 && only?.Delete !== undefined) await calls.DeleteItem(only.Delete);
        else await calls.TransactWriteItems({ TransactItems: items });
        return { ok: true };
      } catch (cause) {
        if (isConflict(cause)) return { ok: false, conflict: true };
        throw failed('written', cause);
      }
    },
    close: () => Promise.resolve(),
  };
}

/**
 * An answer that was lost is asked for again by the client, and then meets its own write: as a conflict, so that the caller reads anew and sees that
 * all is done.
 */
function actionOf({ key, value, expected, version, expiresAt }: Change, table: string, now: number): TransactWriteItem {
  const condition = expected === undefined
    ? { ConditionExpression: `attribute_not_exists(${ONLINE_TABLE.partition})` }
    : { ConditionExpression: '#version = :expected', ExpressionAttributeNames: { '#version': 'v' }, ExpressionAttributeValues: { ':expected': { N: String(expected) } } };
  const Key = { [ONLINE_TABLE.partition]: { S: key }, [ONLINE_TABLE.sort]: SORT };
  if (value === undefined) return { Delete: { TableName: table, Key, ...condition } };
  return { Put: { TableName: table, Item: itemOf({ key, value, version: version ?? nextVersion(expected, now), expiresAt }), ...condition } };
}

/** The item as the table has it. */
export function itemOf({ key, value, version, expiresAt }: { key: string; value: string; version: number; expiresAt: number | undefined }): Record<string, AttributeValue> {
  return {
    [ONLINE_TABLE.partition]: { S: key }, [ONLINE_TABLE.sort]: SORT,
    d: value.length < PACKED_FROM ? { S: value } : { B: gzipSync(value, { level: 1 }) },
    v: { N: String(version) },
    ...(expiresAt === undefined ? {} : { [ONLINE_TABLE.timeToLive]: { N: String(expiresAt) } }),
  };
}

function stored(item: Readonly<Record<string, AttributeValue>>): StoredItem {
  const { d, v } = item;
  return { value: d?.B === undefined ? (d?.S ?? '') : gunzipSync(d.B).toString('utf8'), version: Number(v?.N) };
}

/** Somebody else wrote one of the items, before or at the same time. */
function isConflict(cause: unknown): boolean {
  const { name, CancellationReasons = [] } = cause as { name?: string; CancellationReasons?: { Code?: string }[] };
  if (name === 'ConditionalCheckFailedException' || name === 'TransactionConflictException' || name === 'TransactionInProgressException') return true;
  const codes = CancellationReasons.map(({ Code }) => Code).filter((code) => code !== undefined && code !== 'None');
  return name === 'TransactionCanceledException' && codes.length > 0 && codes.every((code) => code === 'ConditionalCheckFailed' || code === 'TransactionConflict');
}
