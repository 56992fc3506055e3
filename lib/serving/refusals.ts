// Answers to what never becomes a request of the API: bytes that are no HTTP, headers without end, callers who never come to an end. Problems, as everywhere.
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Problem } from './problem.ts';

/** How long the rest of what a caller sends is read away, so that it gets to see the answer. */
const DRAIN_MS = 500;

/** How long a caller may take: connections are few, and whoever holds one without asking anything keeps others out. */
export const PATIENCE = Object.freeze({ headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000 });

/** Has the server (made with `requireHostHeader: false`) refuse in the words of RFC 9457 what it would refuse without any. */
export function refuseWhatIsNoRequest(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else refuse(socket, problemOf(error.code ?? ''));
  });
  server.on('checkExpectation', ({ headers }: IncomingMessage, outgoing: ServerResponse) => {
    answer(outgoing, new Problem(417, 'Expectation failed', `the only expectation that is met is 100-continue, not ${headers.expect}`));
  });
  server.on('connect', (_, socket) => refuse(socket, new Problem(405, 'Method not allowed', 'this is no proxy; the API takes GET, HEAD, POST', { headers: { allow: 'GET, HEAD, POST' } })));
}

/** Of a request without the header that HTTP/1.1 demands; a server that refuses it itself does so without a word. */
export function refuseNameless(outgoing: ServerResponse): void {
  answer(outgoing, new Problem(400, 'Invalid request', 'the header Host is missing'));
}

function problemOf(code: string): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(431, 'Headers too large', 'the request line and the headers have 16 KiB at most');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem(413, 'Content too large', 'the extensions of a chunk have 16 KiB at most');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'Request timed out', `the headers have to be here within ${PATIENCE.headersTimeout / 1000} s, the whole request within ${PATIENCE.requestTimeout / 1000} s`);
    default:
      return new Problem(400, 'Invalid request', 'this is no HTTP/1.1 request, or its parts contradict each other: look at the request line, the headers and the length of the body');
  }
}

function answer(outgoing: ServerResponse, problem: Problem): void {
  const { status, headers, body } = answerOf(problem);
  outgoing.writeHead(status, headers).end(body);
}

function refuse(socket: Duplex, problem: Problem): void {
  const { status, headers, body } = answerOf(problem);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n${body}`);
  setTimeout(() => socket.destroy(), DRAIN_MS).unref();
}

function answerOf(problem: Problem): { status: number; headers: Record<string, string>; body: string } {
  const body = JSON.stringify(problem);
  return { status: problem.status, headers: { ...problem.headers, 'content-type': 'application/problem+json', 'content-length': String(Buffer.byteLength(body)), connection: 'close' }, body };
}
