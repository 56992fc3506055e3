// The calls of DynamoDB that the online store makes: by the SDK's client (sdk-calls.ts), or, where half a megabyte of it would be loaded for nothing
// else, by signed requests in the service's own JSON.
import type {
  AttributeValue, BatchGetItemInput, BatchGetItemOutput, CancellationReason, DeleteItemInput, PutItemInput, TransactWriteItem, TransactWriteItemsInput,
} from '@aws-sdk/client-dynamodb';
import { MillraceError, type Clock } from '../../base/index.ts';
import { textOf, type AwsRequests } from '../../base/aws/index.ts';

type Put = NonNullable<TransactWriteItem['Put']>;
type Delete = NonNullable<TransactWriteItem['Delete']>;

export interface DynamoDbCalls {
  BatchGetItem(input: BatchGetItemInput): Promise<Pick<BatchGetItemOutput, 'Responses' | 'UnprocessedKeys'>>;
  PutItem(input: PutItemInput | Put): Promise<unknown>;
  DeleteItem(input: DeleteItemInput | Delete): Promise<unknown>;
  TransactWriteItems(input: TransactWriteItemsInput): Promise<unknown>;
}

const MOST_TRIES = 5;
const THROTTLED = new Set(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded', 'TransactionInProgressException']);

/** An error of the service under its own name, as the SDK's client throws it. */
class ServiceError extends Error {
  readonly CancellationReasons: readonly CancellationReason[];

  constructor(name: string, message: string, reasons: readonly CancellationReason[]) {
    super(message);
    this.name = name;
    this.CancellationReasons = reasons;
  }
}

/** `requests`: of DynamoDB. Throttled calls are repeated after a pause. */
export function signedDynamoDb(requests: AwsRequests, { clock, random = Math.random }: { clock: Clock; random?: () => number }): DynamoDbCalls {
  const call = async (operation: keyof DynamoDbCalls, input: unknown): Promise<unknown> => {
    for (let tries = 1; ; tries++) {
      const answer = await requests({ method: 'POST', headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${operation}` }, body: JSON.stringify(input, inBase64) });
      const body = JSON.parse(textOf(answer) || '{}') as { __type?: string; message?: string; Message?: string; CancellationReasons?: CancellationReason[] };
      if (answer.status === 200) return body;
      const name = body.__type?.split('#').at(-1) ?? `Http${answer.status}`;
      if (tries === MOST_TRIES || !THROTTLED.has(name)) throw new ServiceError(name, `${name}: ${body.message ?? body.Message ?? ''}`, body.CancellationReasons ?? []);
      await clock.sleep(50 * 2 ** (tries - 1) * (0.5 + random()));
    }
  };
  return {
    async BatchGetItem(input) {
      const answer = await call('BatchGetItem', input) as { Responses?: Record<string, Record<string, PlainValue>[]>; UnprocessedKeys?: BatchGetItemOutput['UnprocessedKeys'] };
      const Responses = Object.fromEntries(Object.entries(answer.Responses ?? {}).map(([table, items]) => [table, items.map((item) => Object.fromEntries(Object.entries(item).map(([name, value]) => [name, valueOf(value)])))]));
      return { Responses, UnprocessedKeys: answer.UnprocessedKeys };
    },
    PutItem: (input) => call('PutItem', input),
    DeleteItem: (input) => call('DeleteItem', input),
    TransactWriteItems: (input) => call('TransactWriteItems', input),
  };
}

/** As the service writes what the store keeps. */
interface PlainValue { S?: string; N?: string; B?: string }

function valueOf({ S, N, B }: PlainValue): AttributeValue {
  if (S !== undefined) return { S };
  if (N !== undefined) return { N };
  if (B !== undefined) return { B: Buffer.from(B, 'base64') };
  throw new MillraceError('bad_input', 'the item has an attribute that is no text, number or bytes', { todo: 'Something else writes into the table of the online store.' });
}

/** Buffers make JSON of their own before a replacer sees them. */
function inBase64(this: unknown, name: string, value: unknown): unknown {
  const raw = (this as Record<string, unknown>)[name];
  return raw instanceof Uint8Array ? Buffer.from(raw).toString('base64') : value;
}
