// Puts predictions that had to be put aside into their stream: called for each object that the scoring function left in the bucket, which then goes.
import type { EventBridgeEvent, S3ObjectCreatedNotificationEventDetail } from 'aws-lambda';
import { MillraceError, systemClock } from '../../lib/base/index.ts';
import { refused, textOf, type AwsRequests } from '../../lib/base/aws/index.ts';
import { kinesisPut, type PutRecords } from '../../lib/serving/aws/index.ts';
import { settingOf } from '../shared/environment.ts';
import { signedService } from '../shared/signed-services.ts';

export type RelogEvent = Pick<EventBridgeEvent<'Object Created', S3ObjectCreatedNotificationEventDetail>, 'detail'>;

/** The event may come twice, and the object be gone by then; what is put twice counts once, by its id. Throws until all of it is in the stream. */
export async function relog({ s3, put }: { s3: AwsRequests; put: PutRecords }, { detail: { bucket, object } }: RelogEvent): Promise<{ records: number }> {
  const path = [bucket.name, decodeURIComponent(object.key.replaceAll('+', ' '))];
  const found = await s3({ method: 'GET', path });
  if (found.status === 404) return { records: 0 };
  if (found.status !== 200) throw refused(`reading s3://${path.join('/')}`, found);
  const lines = textOf(found).split('\n').filter((line) => line !== '');
  const outcomes = await put('predictions', lines.map((line) => ({ partitionKey: (JSON.parse(line) as { prediction_id: string }).prediction_id, data: Buffer.from(line) })));
  const left = outcomes.filter(({ ok }) => !ok).length;
  if (left > 0) throw new MillraceError('io', `the stream refused ${left} of ${lines.length} predictions`, { where: `s3://${path.join('/')}`, todo: 'They are tried again; the object stays until all are in the stream.' });
  const gone = await s3({ method: 'DELETE', path });
  if (gone.status >= 300) throw refused(`deleting s3://${path.join('/')}`, gone);
  return { records: lines.length };
}

const prefix = settingOf(process.env, 'MILLRACE_STREAM_PREFIX', 'serving');
const parts = { s3: signedService('s3', process.env, systemClock, { timeoutMilliseconds: 10_000 }), put: kinesisPut(signedService('kinesis', process.env, systemClock, { timeoutMilliseconds: 5_000 }), prefix) };

export const handler = (event: RelogEvent) => relog(parts, event);
