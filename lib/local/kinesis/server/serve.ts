// The endpoint: HTTP/1.1 and HTTP/2 without TLS on one port of this machine.
import { createServer as createHttp1, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { MillraceError, systemClock, type Clock } from '../../../base/index.ts';
import type { LocalStreams } from '../types.ts';
import { answerTo, tooLarge, type Answer } from './answer.ts';
import { openFaults, type FaultPlan } from './faults.ts';
import { AWS_SHARD_LIMITS, shardLimiter, type ShardLimits } from './limits.ts';
import type { Service } from './operations/operation.ts';
import { countRefusals, type StreamRefusals } from './refusals.ts';

export interface ServeOptions {
  /** 0 for any free one. */
  port: number;
  /** Default 127.0.0.1. The endpoint does not check signatures: whoever reaches it may use it. */
  host?: string;
  /** What one shard takes and gives in a second: `true` for AWS's figures; default none. */
  limits?: boolean | Partial<ShardLimits>;
  /** Faults on purpose; default none. */
  faults?: FaultPlan;
  clock?: Clock;
  /** Told of errors that nobody expects; the caller has got a 500. */
  onFault?: (error: unknown) => void;
}

export interface KinesisEndpoint {
  host: string;
  port: number;
  /** `http://host:port` */
  url: string;
  /** What producers of the stream were told to send again. */
  refusals(stream: string): StreamRefusals;
  /** Takes no more calls and answers those under way; reads wait no longer. The streams stay open. */
  close(): Promise<void>;
}

/** 10 MiB of records as base64, their keys, and room for other spellings. */
const MAX_BODY_BYTES = 24 * 1024 * 1024;
const MAX_DISCARDED_BYTES = 256 * 1024 * 1024;
const WINDOW_BYTES = 16 * 1024 * 1024;
/** SDKs keep connections for a while; a server that closes them first makes them fail. */
const KEEP_ALIVE_MILLISECONDS = 120_000;
/** How long HTTP/2 may take to say goodbye. */
const CLOSE_MILLISECONDS = 1000;

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/**
 * Serves the streams by the Kinesis API, in JSON and CBOR.
 * @throws MillraceError `conflict` where the port is taken, `io` where it cannot be had.
 */
export async function serveKinesis(
  streams: LocalStreams,
  { port, host = '127.0.0.1', limits = false, faults, clock = systemClock, onFault = () => undefined }: ServeOptions,
): Promise<KinesisEndpoint> {
  const service: Service = {
    streams,
    clock,
    refusals: countRefusals(),
    ...(limits === false ? {} : { limiter: shardLimiter({ ...AWS_SHARD_LIMITS, ...(limits === true ? {} : limits) }, () => clock.now()) }),
    ...(faults === undefined ? {} : { faults: openFaults(faults, clock) }),
  };
  const underWay = new Map<Promise<void>, AbortController>();
  const handle = (request: Request, response: Response) => {
    const gone = new AbortController();
    const work = respond(service, request, response, gone, onFault).finally(() => underWay.delete(work));
    underWay.set(work, gone);
  };
  const http1 = createHttp1({ keepAliveTimeout: KEEP_ALIVE_MILLISECONDS }, handle);
  const sessions = new Set<ServerHttp2Session>();
  const http2 = createHttp2({ settings: { initialWindowSize: WINDOW_BYTES, maxConcurrentStreams: 1000 } }, handle);
  http2.on('session', (session) => {
    session.setLocalWindowSize(WINDOW_BYTES);
    sessions.add(session);
    session.on('close', () => sessions.delete(session)).on('error', () => undefined);
  });
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    routeSocket(socket, (isHttp2) => (isHttp2 ? http2 : http1).emit('connection', socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port))).listen(port, host, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    host,
    port: actual,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    refusals: service.refusals.of,
    async close() {
      server.close();
      for (const gone of underWay.values()) gone.abort();
      await Promise.all(underWay.keys());
      const ended = [...sessions].map(
        (session) =>
          new Promise((resolve) => {
            session.on('close', resolve).close();
          }),
      );
      await Promise.race([Promise.all(ended), clock.sleep(CLOSE_MILLISECONDS)]);
      // What is left is idle, and only not closed by the other side.
      for (const socket of sockets) socket.destroy();
    },
  };
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): MillraceError {
  const where = `${host}:${port}`;
  if (error.code === 'EADDRINUSE')
    return new MillraceError('conflict', `port ${port} is in use by another process`, {
      where,
      todo: 'Stop that process, or choose another port (0: any that is free).',
      cause: error,
    });
  return new MillraceError('io', `the endpoint cannot listen: ${error.message}`, { where, cause: error });
}

/** A connection that begins with `PR` is HTTP/2 with prior knowledge (`PRI *`; RFC 9113, 3.4): no method of HTTP/1.1 here does. */
function routeSocket(socket: Socket, route: (isHttp2: boolean) => void): void {
  let start: Buffer = Buffer.alloc(0);
  socket.setTimeout(KEEP_ALIVE_MILLISECONDS, () => socket.destroy());
  const look = () => {
    const piece = socket.read() as Buffer | null;
    if (piece === null) return void socket.once('readable', look);
    start = Buffer.concat([start, piece]);
    if (start.length < 2) return void socket.once('readable', look);
    socket.setTimeout(0).removeAllListeners('timeout');
    socket.unshift(start);
    route(start[0] === 0x50 && start[1] === 0x52);
  };
  socket.once('readable', look);
}

async function respond(
  service: Service,
  request: Request,
  response: Response,
  gone: AbortController,
  onFault: (error: unknown) => void,
): Promise<void> {
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  response.on('error', () => undefined);
  const header = (name: string) => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const body = await readBody(request);
  if (body === 'gone') return;
  if (body === 'too large') return send(response, tooLarge(header('content-type'), MAX_BODY_BYTES));
  const answer = await answerTo(
    service,
    {
      method: request.method ?? '',
      contentType: header('content-type'),
      target: header('x-amz-target'),
      origin: header('origin'),
      wait: header('x-millrace-wait'),
      body,
      signal: gone.signal,
    },
    onFault,
  );
  await send(response, answer);
}

/** Resolves when the answer has gone out, or nobody is there to take it. */
function send(response: Response, { status, headers, body }: Answer): Promise<void> {
  if (response.destroyed || response.writableEnded) return Promise.resolve();
  return new Promise((resolve) => {
    const sent: ServerResponse = response as ServerResponse;
    sent.on('finish', resolve).on('close', resolve);
    sent.writeHead(status, headers);
    sent.end(body);
  });
}

/** A body that is too large is read to its end, unkept, so that the caller gets an answer; one that never ends is cut off. */
function readBody(request: Request): Promise<Buffer | 'gone' | 'too large'> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= MAX_BODY_BYTES) return void pieces.push(piece);
      pieces.length = 0;
      if (bytes > MAX_DISCARDED_BYTES) request.destroy();
    });
    request.on('end', () => resolve(bytes > MAX_BODY_BYTES ? 'too large' : pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)));
    request
      .on('error', () => resolve('gone'))
      .on('aborted', () => resolve('gone'))
      .on('close', () => resolve('gone'));
  });
}
