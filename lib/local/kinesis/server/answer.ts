// One request, whichever HTTP it came by: what it asks for, and the answer.
import { randomUUID } from 'node:crypto';
import { messageOf } from '../../../base/index.ts';
import { KinesisError, RecordRefused } from '../errors.ts';
import { checkInput } from './fields.ts';
import { operationFor } from './operations/index.ts';
import { streamOf, type Service } from './operations/operation.ts';
import { codecFor, jsonCodec, type Codec } from './protocol.ts';

export interface Asked {
  method: string;
  contentType: string | undefined;
  /** `Kinesis_20131202.<operation>` */
  target: string | undefined;
  /** Browsers name the page that asks. */
  origin: string | undefined;
  /** Milliseconds that a read may wait for records, from a consumer of ours. */
  wait: string | undefined;
  body: Buffer;
  /** Aborts when nobody waits for the answer any more, or the endpoint closes: a read then waits no longer. */
  signal: AbortSignal;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

const MAX_WAIT_MILLISECONDS = 20_000;
const PUTS: ReadonlySet<string> = new Set(['PutRecord', 'PutRecords']);

/** Never throws: what fails becomes the service's answer. `onFault` hears of what nobody expects. */
export async function answerTo(service: Service, asked: Asked, onFault: (error: unknown) => void): Promise<Answer> {
  if (asked.origin !== undefined)
    return plain(403, '<AccessDeniedException>\n  <Message>Pages in a browser may not use this endpoint.</Message>\n</AccessDeniedException>\n');
  if (asked.method !== 'POST')
    return plain(
      403,
      '<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n</AccessDeniedException>\n',
    );
  const codec = codecFor(asked.contentType);
  if (codec === undefined) return plain(404, '<UnknownOperationException/>\n');
  let put: string | undefined;
  try {
    const { name, operation } = operationFor(asked.target);
    const parsed = codec === jsonCodec ? operation.parseJson?.(asked.body) : undefined;
    const input = checkInput(parsed ?? (asked.body.length === 0 ? {} : codec.decode(asked.body)), operation.fields);
    if (PUTS.has(name)) put = streamOf(input);
    await service.faults?.before(name, typeof input['StreamName'] === 'string' ? input['StreamName'] : undefined);
    const waitMilliseconds = Math.min(MAX_WAIT_MILLISECONDS, Math.max(0, Number(asked.wait ?? 0) || 0));
    const answer = await operation.run(service, { input, codec, waitMilliseconds, signal: asked.signal });
    service.faults?.after(name);
    return encoded(200, codec, answer);
  } catch (error) {
    if (!(error instanceof KinesisError)) onFault(error);
    if (put !== undefined && !(error instanceof RecordRefused)) service.refusals.ofCall(put, error instanceof KinesisError ? error.type : 'InternalFailure');
    return failure(codec, error instanceof KinesisError ? error : new KinesisError('InternalFailure', messageOf(error), error));
  }
}

/** What an error becomes. */
function failure(codec: Codec, { type, status, message }: KinesisError): Answer {
  const said = type === 'SerializationException' ? { Message: message } : message === '' ? {} : { message };
  return encoded(status, codec, { __type: type, ...said });
}

/** For a body that is too large to be read; the connection ends with it. */
export function tooLarge(contentType: string | undefined, bytes: number): Answer {
  const codec = codecFor(contentType);
  if (codec === undefined) return plain(413, 'Request entity too large\n');
  return encoded(413, codec, { __type: 'SerializationException', Message: `The body is larger than ${bytes} bytes.` });
}

function encoded(status: number, codec: Codec, value: object | undefined): Answer {
  const body = value === undefined ? Buffer.alloc(0) : codec.encode(value);
  return { status, headers: headersOf(codec.contentType, body), body };
}

function plain(status: number, text: string): Answer {
  const body = Buffer.from(text);
  return { status, headers: headersOf('text/xml', body), body };
}

function headersOf(contentType: string, body: Buffer): Record<string, string> {
  return { 'content-type': contentType, 'content-length': String(body.length), 'x-amzn-requestid': randomUUID() };
}
