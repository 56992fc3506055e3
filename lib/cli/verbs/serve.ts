// millrace serve: the scoring API alone, beside whatever else runs on the home.
import { DEFAULT_API_PORT, openApiService, openEndpoint, runningEndpoints, runServices, type OpenEndpoint, type Runtime } from '../../local/index.ts';
import { openKinesisClient, type KinesisClient } from '../../local/kinesis/index.ts';
import { withRuntime } from '../runtime.ts';
import { paint, type Terminal } from '../terminal.ts';
import type { Verb, VerbOption } from '../verb.ts';
import { numberOption } from './stream.ts';

const PORT_OPTION: VerbOption = { flags: '--port <number>', description: 'where the API listens, on this machine only; 0 for any free port', default: String(DEFAULT_API_PORT) };

/** Everything but the log of another key's predictions. */
export const ALL_SCOPES = ['predict', 'price', 'shipping', 'recommendations', 'features', 'outcomes', 'models', 'predictions'] as const;

export const serve: Verb = {
  description: 'Serves predictions, prices, shipping quotes and features over HTTP on this machine. Answers are logged to the streams of the home: through its endpoint where one runs, else to the log itself.',
  options: [PORT_OPTION],
  examples: ['millrace serve', 'millrace serve --port 9000'],
  async run(invocation) {
    await withRuntime(invocation, async (runtime) => {
      const log = await logOf(runtime);
      try {
        const api = await openApiService(runtime, { port: numberOption(invocation, 'port', 0, 65_535), put: log.put, environment: invocation.environment, onError: (message) => invocation.terminal.err(`${message}\n`) });
        const key = api.keys.addForNow('serve', { scopes: ALL_SCOPES });
        if (invocation.json) invocation.terminal.out(`${JSON.stringify({ url: api.server.url, key })}\n`);
        else printApi(invocation.terminal, api.server.url, key);
        await runServices([api], { home: runtime.home, clock: runtime.clock, signal: invocation.signal });
      } finally {
        await log.close();
      }
    });
  },
};

/** Lines that work as they are. */
export function printApi(terminal: Terminal, url: string, key: string): void {
  const curl = (path: string, body: unknown): string => `         curl -s ${url}${path} -H 'x-api-key: ${key}' -H 'content-type: application/json' \\\n           -d '${JSON.stringify(body)}'\n`;
  terminal.out(`  ${paint(terminal, 'bold', 'api')}    ${url}   a page to try it; the key below holds while this runs
${curl('/v1/predict/conversion', { rows: [{ visitorid: '257597', itemid: '355908' }] })}${curl('/v1/shipping/quote', { destination_postcode: '20040', parcels: [{ weight_kg: 1.2 }], order_value: 80 })}         curl -s ${url}/v1/models -H 'x-api-key: ${key}'
`);
}

/** The endpoint that runs on the home, or the streams themselves where none does. */
async function logOf(runtime: Runtime): Promise<{ put: KinesisClient['put']; close(): Promise<void> }> {
  const running = (await runningEndpoints(runtime.home)).find(({ name }) => name === 'kinesis');
  if (running !== undefined) {
    const client = openKinesisClient({ endpoint: running.url });
    return { put: client.put, close: async () => client.close() };
  }
  const endpoint: OpenEndpoint = await openEndpoint({ home: runtime.home, contracts: (await runtime.project()).sources.values(), clock: runtime.clock, port: 0 });
  return { put: (stream, records) => endpoint.streams.put(stream, records), close: endpoint.close };
}
