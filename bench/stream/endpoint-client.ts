// A lean client in a process of its own: writes calls that were made beforehand to a few sockets and counts what is acknowledged,
// so that the endpoint and not the client is measured.   usage: endpoint-client.ts URL STREAM OPERATION CONNECTIONS SECONDS RECORDS_A_CALL BYTES
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const [url = '', stream = '', operation = '', connections = '8', seconds = '5', recordsACall = '500', bytes = '1000'] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const SAMPLES = 16;

/** An event of a shop, filled up to its size with what compresses as badly as ids do. */
function record(): { PartitionKey: string; Data: string } {
  const visitor = Math.floor(Math.random() * 1e6);
  const event = JSON.stringify({
    event_id: randomBytes(16).toString('hex'),
    timestamp: 1_700_000_000_000,
    visitorid: visitor,
    event: 'view',
    itemid: 1,
    note: '',
  });
  return {
    PartitionKey: `visitor-${visitor}`,
    Data: Buffer.from(event.replace('"note":""', `"note":"${randomBytes(bytesLeft(event)).toString('hex')}"`)).toString('base64'),
  };
}

function bytesLeft(event: string): number {
  return Math.max(0, Math.floor((Number(bytes) - event.length) / 2));
}

function call(): Buffer {
  const input =
    operation === 'PutRecords'
      ? { StreamName: stream, Records: Array.from({ length: Number(recordsACall) }, record) }
      : { StreamName: stream, ...record() };
  const body = Buffer.from(JSON.stringify(input));
  // The peer wants to see a signature, though it does not check it.
  const authorization = 'AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=bench';
  const head = [
    'POST / HTTP/1.1',
    `host: ${hostname}:${port}`,
    'content-type: application/x-amz-json-1.1',
    `x-amz-target: Kinesis_20131202.${operation}`,
    'x-amz-date: 20260101T000000Z',
    `authorization: ${authorization}`,
    `content-length: ${body.length}`,
    '\r\n',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(head), body]);
}

const calls = Array.from({ length: SAMPLES }, call);
const perCall = operation === 'PutRecords' ? Number(recordsACall) : 1;
const latencies: number[] = [];
let acknowledged = 0;
let refused = 0;

/** Sends one call after the other on a connection of its own until the time is over. */
function drive(socket: Socket, first: number, end: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let at = first;
    let began = 0;
    let answer: Buffer = Buffer.alloc(0);
    const next = () => {
      if (performance.now() >= end) {
        socket.destroy();
        return resolve();
      }
      began = performance.now();
      socket.write(calls[at++ % SAMPLES] as Buffer);
    };
    socket.on('error', reject).on('data', (piece: Buffer) => {
      answer = answer.length === 0 ? piece : Buffer.concat([answer, piece]);
      const head = answer.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = /content-length: *(\d+)/i.exec(answer.toString('latin1', 0, head))?.[1];
      const isWhole = length === undefined ? answer.includes('\r\n0\r\n\r\n') : answer.length >= head + 4 + Number(length);
      if (!isWhole) return;
      latencies.push(performance.now() - began);
      const isTaken = answer.toString('latin1', 9, 12) === '200' && (operation !== 'PutRecords' || answer.includes('"FailedRecordCount":0'));
      if (isTaken) acknowledged += perCall;
      else refused += perCall;
      answer = Buffer.alloc(0);
      next();
    });
    next();
  });
}

const sockets = await Promise.all(
  Array.from(
    { length: Number(connections) },
    () =>
      new Promise<Socket>((resolve, reject) => {
        const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () => resolve(socket)).on('error', reject);
      }),
  ),
);
const began = performance.now();
await Promise.all(sockets.map((socket, at) => drive(socket, at, began + Number(seconds) * 1000)));
const took = (performance.now() - began) / 1000;
latencies.sort((a, b) => a - b);
const quantile = (q: number) => latencies[Math.min(latencies.length - 1, Math.floor(q * latencies.length))] ?? 0;
console.log(JSON.stringify({ acknowledged, refused, seconds: took, recordsASecond: acknowledged / took, p50: quantile(0.5), p99: quantile(0.99) }));
