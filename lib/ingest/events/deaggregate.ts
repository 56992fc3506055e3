// Records that the Kinesis Producer Library packed together, taken apart again.
//
// The format (KPL, `aggregation-format.md`): four magic bytes, a protobuf message, and its MD5.
//   message AggregatedRecord { repeated string partition_key_table = 1; repeated string explicit_hash_key_table = 2; repeated Record records = 3; }
//   message Record { required uint64 partition_key_index = 1; optional uint64 explicit_hash_key_index = 2; required bytes data = 3; repeated Tag tags = 4; }
import { createHash } from 'node:crypto';
import { fieldsOf, textOf } from './protobuf.ts';
import type { StreamRecord } from './types.ts';

const MAGIC = [0xf3, 0x89, 0x9a, 0xc2] as const;
const DIGEST_BYTES = 16;

/**
 * The events of a record, in their order; `subsequence` counts them from 0. A record that is not an aggregate, or that is not whole, is one event
 * and kept as it is: what its bytes mean is for the check to say. An aggregate of nothing is nothing.
 */
export function deaggregate(record: StreamRecord): StreamRecord[] {
  const { data } = record;
  if (data.length < MAGIC.length + DIGEST_BYTES || MAGIC.some((byte, at) => data[at] !== byte)) return [record];
  const message = data.subarray(MAGIC.length, data.length - DIGEST_BYTES);
  if (!createHash('md5').update(message).digest().equals(data.subarray(data.length - DIGEST_BYTES))) return [record];
  const events = eventsOf(message);
  if (events === undefined) return [record];
  return events.map((event, subsequence) => ({ ...record, ...event, position: { ...record.position, subsequence } }));
}

interface PackedEvent { partitionKey: string; data: Uint8Array }

/** undefined: the message is not one of these. */
function eventsOf(message: Uint8Array): PackedEvent[] | undefined {
  const fields = fieldsOf(message);
  if (fields === undefined) return undefined;
  const keys = fields.filter((field) => field.number === 1).map(({ bytes }) => (bytes === undefined ? undefined : textOf(bytes)));
  const events: PackedEvent[] = [];
  for (const { number, bytes } of fields) {
    if (number !== 3) continue;
    const event = bytes === undefined ? undefined : fieldsOf(bytes);
    // The last one counts where a field that can be there once comes twice, as protobuf has it.
    const data = event?.findLast((field) => field.number === 3)?.bytes;
    const partitionKey = keys[Number(event?.findLast((field) => field.number === 1)?.value ?? -1n)];
    if (data === undefined || partitionKey === undefined) return undefined;
    events.push({ partitionKey, data });
  }
  return events;
}
