// Asks the API of a home, and takes down what it logs instead of putting it into a stream.
import { openApiService, type Runtime } from '../../lib/local/index.ts';
import type { PredictionRecord, Scope } from '../../lib/serving/index.ts';

/** The answers to some bodies, one after the other. `logged`: gets what is logged, by the ids of answers. */
export async function askedOf(runtime: Runtime, logged: Map<string, PredictionRecord>, { path, scope }: { path: string; scope: Scope }, bodies: readonly unknown[]): Promise<unknown[]> {
  const api = await openApiService(runtime, {
    port: 0,
    put: async (_stream, records) => records.map((record, index) => {
      const line = JSON.parse(Buffer.from(record.data).toString('utf8')) as PredictionRecord;
      logged.set(line.prediction_id, line);
      return { ok: true as const, sequence: String(index), shardId: 's' };
    }),
  });
  try {
    const headers = { 'x-api-key': api.keys.addForNow('test', { scopes: [scope] }), 'content-type': 'application/json' };
    const answers: unknown[] = [];
    for (const body of bodies) {
      const response = await fetch(`${api.server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      if (response.status !== 200) throw new Error(await response.text());
      answers.push(await response.json());
    }
    return answers;
  } finally {
    const stop = new AbortController();
    stop.abort();
    await api.run(stop.signal);
  }
}
