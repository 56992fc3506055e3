// The API of a home, and beside it the same framework with an empty route: what the benchmark loads.
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { openApiService, openEndpoint, openRuntime } from '../../lib/local/index.ts';

const [home = '', project = ''] = process.argv.slice(2);
const runtime = await openRuntime({ home, project });
const endpoint = await openEndpoint({ home: runtime.home, contracts: (await runtime.project()).sources.values(), clock: runtime.clock, port: 0 });
const api = await openApiService(runtime, { port: 0, put: (stream, records) => endpoint.streams.put(stream, records) });
const empty = new Hono().post('/empty', (http) => http.json({}));
const server = createServer(getRequestListener(empty.fetch));
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
const address = server.address();
const stop = new AbortController();
const running = api.run(stop.signal);
process.send?.({ api: api.server.url, empty: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, key: api.keys.addForNow('bench', { scopes: ['predict'] }) });
process.once('message', () => {
  stop.abort();
  server.close();
  void running.then(() => endpoint.close()).then(() => runtime.close()).then(() => process.exit(0));
});
