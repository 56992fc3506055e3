// Records into Kinesis streams, by signed requests.
import { refused, textOf, type AwsRequests } from '../../base/aws/index.ts';

export interface StreamRecord { partitionKey: string; data: Uint8Array }

/** One outcome a record, in their order. @throws `io` where the service takes none at all. */
export type PutRecords = (stream: string, records: readonly StreamRecord[]) => Promise<{ ok: boolean }[]>;

/** The service's limits: records of a call, and their bytes with their keys. A little is left for what the reckoning misses. */
const MOST_RECORDS = 500;
const MOST_BYTES = 4 * 2 ** 20;

/** `prefix`: before the name of every stream, `millrace-dev-`. `requests`: of Kinesis. */
export function kinesisPut(requests: AwsRequests, prefix: string): PutRecords {
  const putSome = async (stream: string, records: readonly StreamRecord[]): Promise<{ ok: boolean }[]> => {
    const answer = await requests({
      method: 'POST', headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Kinesis_20131202.PutRecords' },
      body: JSON.stringify({ StreamName: `${prefix}${stream}`, Records: records.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: Buffer.from(data).toString('base64') })) }),
    });
    if (answer.status !== 200) throw refused(`putting ${records.length} records into ${prefix}${stream}`, answer);
    const { Records } = JSON.parse(textOf(answer)) as { Records: { ErrorCode?: string | null }[] };
    return records.map((_, index) => ({ ok: Records[index] !== undefined && (Records[index].ErrorCode ?? null) === null }));
  };
  return async (stream, records) => {
    const outcomes: { ok: boolean }[] = [];
    for (let from = 0; from < records.length;) {
      let [to, bytes] = [from, 0];
      while (to < records.length && to - from < MOST_RECORDS) {
        bytes += records[to]!.data.length + records[to]!.partitionKey.length;
        if (bytes > MOST_BYTES && to > from) break;
        to += 1;
      }
      // What earlier calls put stays told as put.
      const some = await putSome(stream, records.slice(from, to)).catch((thrown: unknown) => {
        if (!outcomes.some(({ ok }) => ok)) throw thrown;
        return undefined;
      });
      if (some === undefined) return [...outcomes, ...records.slice(from).map(() => ({ ok: false }))];
      outcomes.push(...some);
      from = to;
    }
    return outcomes;
  };
}
