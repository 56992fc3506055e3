// The API on this machine: behind Node's own HTTP server, on loopback.
import { createServer, type Server } from 'node:http';
import { Server as TcpServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { MillraceError } from '../../base/index.ts';
import { nodeListener, PATIENCE, refuseWhatIsNoRequest, type Api } from '../../serving/index.ts';
import type { Home } from '../home.ts';
import { announceEndpoint } from '../running.ts';

export interface ApiServer { url: string; close(): Promise<void> }

/** The port that the README shows. */
export const DEFAULT_API_PORT = 8080;
/** Idle connections stay open longer than any pool of clients keeps them, so that none is closed under a request. */
const KEEP_ALIVE_MS = 75_000;

/** How long a server that ends lets its callers end first. */
const FAREWELL_MS = 1_000;

/** @throws MillraceError `conflict` where the port is in use. */
export async function serveApi(api: Api, { home, port, since }: { home: Pick<Home, 'run'>; port: number; since: number }): Promise<ApiServer> {
  const answer = nodeListener(api);
  let isLeaving = false;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true, requireHostHeader: false, ...PATIENCE }, (incoming, outgoing) => {
    if (isLeaving) outgoing.shouldKeepAlive = false;
    answer(incoming, outgoing);
  });
  refuseWhatIsNoRequest(server);
  await listen(server, port);
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`;
  const leave = await announceEndpoint(home, { name: 'api', url, since });
  return {
    url,
    async close() {
      await leave();
      // Nobody new is let in; who is here gets its answers, and with the next one the word that it is the last. To close a connection while its next
      // request is on the way would lose that one, and that is what the close of an HTTP server does: only who asks nothing for a while is closed so.
      const closed = new Promise<void>((resolve) => void TcpServer.prototype.close.call(server, () => resolve()));
      isLeaving = true;
      await Promise.race([closed, pause(FAREWELL_MS)]);
      server.closeIdleConnections();
      // Who is being answered gets the answer; who merely holds a connection does not keep us.
      setTimeout(() => server.closeAllConnections(), 2_000).unref();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE'
        ? new MillraceError('conflict', `port ${port} is in use`, { where: `127.0.0.1:${port}`, todo: 'Give another one with --port (of start: --api-port), or 0 for any that is free.' })
        : new MillraceError('io', `the API cannot listen: ${error.message}`, { where: `127.0.0.1:${port}`, cause: error }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}
