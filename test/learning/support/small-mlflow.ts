// As much of an MLflow server as we ask one for, in memory: `npm run verify` asks MLflow itself.
import { createServer, type IncomingMessage } from 'node:http';

interface Tag { key: string; value: string }
interface Run { run_id: string; name: string; status: string; tags: Tag[]; metrics: Tag[]; params: Tag[]; files: string[] }
interface Version { version: string; run_id: string; tags: Tag[] }

export interface SmallMlflow {
  uri: string;
  /** Lets nobody in without it; undefined: everybody. */
  authorization: string | undefined;
  /** Answers nothing but this status. */
  away: number | undefined;
  runs: Run[];
  /** By model. */
  versions: Map<string, Version[]>;
  aliases: Map<string, string>;
  requests: number;
  stop(): Promise<void>;
}

interface Body { name?: string; alias?: string; version?: string; run_id?: string; run_name?: string; status?: string; filter?: string; tags?: Tag[]; metrics?: Tag[]; params?: Tag[] }

export async function startSmallMlflow(): Promise<SmallMlflow> {
  const state: SmallMlflow = { uri: '', authorization: undefined, away: undefined, runs: [], versions: new Map(), aliases: new Map(), requests: 0, stop: async () => undefined };
  const added = <Item>(all: Item[], ...items: Item[]): object => (all.push(...items), {});
  const run = (id: string | undefined): Run => state.runs.find(({ run_id: one }) => one === id)!;
  const infoOf = ({ run_id: id }: Run) => ({ info: { run_id: id, experiment_id: '1', artifact_uri: `mlflow-artifacts:/1/${id}/artifacts` } });
  const made = (body: Body): Run => {
    const one: Run = { run_id: `r${state.runs.length}`, name: body.run_name!, status: 'RUNNING', tags: [...body.tags ?? []], metrics: [], params: [], files: [] };
    state.runs.push(one);
    return one;
  };
  const answers: Record<string, (body: Body, query: URLSearchParams) => object> = {
    'GET experiments/get-by-name': () => ({ experiment: { experiment_id: '1' } }),
    'POST runs/search': ({ filter = '' }) => {
      const [, tag, value] = /^tags\.`(.+)` = '(.*)'$/.exec(filter)!;
      return { runs: state.runs.filter(({ tags }) => tags.some((one) => one.key === tag && one.value === value)).map(infoOf) };
    },
    'POST runs/create': (body) => ({ run: infoOf(made(body)) }),
    'POST runs/log-batch': (body) => {
      const { metrics, params, tags } = run(body.run_id);
      added(metrics, ...body.metrics ?? []);
      added(params, ...body.params ?? []);
      return added(tags, ...body.tags ?? []);
    },
    'POST runs/update': (body) => Object.assign(run(body.run_id), { status: body.status! }),
    'POST registered-models/create': ({ name }) => (state.versions.set(name!, state.versions.get(name!) ?? []), {}),
    'GET model-versions/search': (_, query) => ({ model_versions: state.versions.get(/name='(.*)'/.exec(query.get('filter')!)![1]!) ?? [] }),
    'POST model-versions/create': ({ name, run_id: id, tags = [] }) => {
      const all = state.versions.get(name!)!;
      added(all, { version: String(all.length + 1), run_id: id!, tags });
      return { model_version: all.at(-1) };
    },
    'POST registered-models/alias': ({ name, alias, version }) => (state.aliases.set(`${name!}@${alias!}`, version!), {}),
    'DELETE registered-models/alias': (_, query) => (state.aliases.delete(`${query.get('name')!}@${query.get('alias')!}`), {}),
  };
  const server = createServer((request: IncomingMessage, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      state.requests += 1;
      const url = new URL(request.url!, 'http://x');
      const say = (status: number, body: object) => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (state.away !== undefined) return say(state.away, {});
      if (state.authorization !== undefined && request.headers.authorization !== state.authorization) return say(401, {});
      const [, id, file] = /^\/api\/2\.0\/mlflow-artifacts\/artifacts\/1\/(\w+)\/artifacts\/(.+)$/.exec(url.pathname) ?? [];
      if (request.method === 'PUT') return say(200, added(run(id).files, file!));
      const answer = answers[`${request.method!} ${url.pathname.replace('/api/2.0/mlflow/', '')}`];
      if (answer === undefined) return say(404, { error_code: 'ENDPOINT_NOT_FOUND', message: url.pathname });
      return say(200, answer(text === '' ? {} : JSON.parse(text) as Body, url.searchParams));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  state.uri = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  state.stop = () => new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });
  return state;
}
