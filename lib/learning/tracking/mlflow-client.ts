// MLflow's REST API, as much of it as a registry needs: experiments, runs, artefacts, registered models, versions, aliases.
import { MillraceError } from '../../base/index.ts';

export interface MlflowSettings {
  /** `http://mlflow.internal:5000` */
  uri: string;
  /** A bearer token, or a name and a password. */
  token?: string;
  username?: string;
  password?: string;
  experiment: string;
}

/** From MLflow's own environment variables; undefined where none is configured. @throws `unsupported` for a tracking URI that is not HTTP. */
export function mlflowSettings(environment: Readonly<Record<string, string | undefined>>): MlflowSettings | undefined {
  const uri = environment['MLFLOW_TRACKING_URI'];
  if (uri === undefined || uri === '') return undefined;
  if (!/^https?:\/\//.test(uri)) {
    throw new MillraceError('unsupported', `runs are sent to MLflow servers over HTTP, not to ${uri}`, { where: 'MLFLOW_TRACKING_URI', todo: 'Start `mlflow server`, and give its address: http://127.0.0.1:5000.' });
  }
  const [token, username, password] = [environment['MLFLOW_TRACKING_TOKEN'], environment['MLFLOW_TRACKING_USERNAME'], environment['MLFLOW_TRACKING_PASSWORD']];
  return {
    uri: uri.replace(/\/+$/, ''), experiment: environment['MLFLOW_EXPERIMENT_NAME'] ?? 'millrace',
    ...(token === undefined ? {} : { token }), ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }),
  };
}

export interface MlflowRun { run_id: string; experiment_id: string; artifact_uri: string }

export interface MlflowMetric { key: string; value: number; timestamp: number; step: number }

export interface MlflowPair { key: string; value: string }

/** What `fetch` is, so that a test can be the server. */
export type Send = (url: string, init: { method: string; headers: Record<string, string>; body?: string | Uint8Array<ArrayBuffer>; signal: AbortSignal }) => Promise<{ status: number; text(): Promise<string> }>;

const TIMEOUT_MS = 10_000;
/** Of one call to log-batch. */
const MOST_METRICS = 900;
const MOST_PAIRS = 90;

/** The server said no, and will say no again: the call itself is at fault. */
export class MlflowRefusal extends MillraceError {
  readonly reason: string;

  constructor(what: string, status: number, reason: string, message: string) {
    super('bad_input', `MLflow refuses ${what}: ${message}`, { where: `HTTP ${status} ${reason}` });
    this.reason = reason;
  }
}

export class MlflowClient {
  readonly #settings: MlflowSettings;
  readonly #send: Send;

  constructor(settings: MlflowSettings, send: Send = fetch) {
    this.#settings = settings;
    this.#send = send;
  }

  /** The experiment's id; it is made where there is none. */
  async experiment(): Promise<string> {
    const name = this.#settings.experiment;
    const find = async (): Promise<string> => (await this.#get<{ experiment: { experiment_id: string } }>(`experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`)).experiment.experiment_id;
    try {
      return await find();
    } catch (thrown) {
      if (!isRefusal(thrown, 'RESOURCE_DOES_NOT_EXIST')) throw thrown;
    }
    try {
      return (await this.#post<{ experiment_id: string }>('experiments/create', { name })).experiment_id;
    } catch (thrown) {
      if (isRefusal(thrown, 'RESOURCE_ALREADY_EXISTS')) return find(); // another process was first
      throw thrown;
    }
  }

  /** The newest run of an experiment that has a tag; undefined where there is none. */
  async findRun(experimentId: string, tag: string, value: string): Promise<MlflowRun | undefined> {
    const { runs = [] } = await this.#post<{ runs?: { info: MlflowRun }[] }>('runs/search', { experiment_ids: [experimentId], filter: `tags.\`${tag}\` = '${value}'`, max_results: 1 });
    return runs[0]?.info;
  }

  async createRun(experimentId: string, { name, startedAt, tags }: { name: string; startedAt: number; tags: readonly MlflowPair[] }): Promise<MlflowRun> {
    return (await this.#post<{ run: { info: MlflowRun } }>('runs/create', { experiment_id: experimentId, run_name: name, start_time: startedAt, tags })).run.info;
  }

  async log(runId: string, { metrics = [], params = [], tags = [] }: { metrics?: readonly MlflowMetric[]; params?: readonly MlflowPair[]; tags?: readonly MlflowPair[] }): Promise<void> {
    for (let at = 0; at === 0 || at * MOST_METRICS < metrics.length || at * MOST_PAIRS < Math.max(params.length, tags.length); at++) {
      const part = <Item>(all: readonly Item[], most: number): readonly Item[] => all.slice(at * most, (at + 1) * most);
      await this.#post('runs/log-batch', { run_id: runId, metrics: part(metrics, MOST_METRICS), params: part(params, MOST_PAIRS), tags: part(tags, MOST_PAIRS) });
    }
  }

  async endRun(runId: string, endedAt: number): Promise<void> {
    await this.#post('runs/update', { run_id: runId, status: 'FINISHED', end_time: endedAt });
  }

  /** Whether the server takes artefacts of this run itself; others are in a place that only their own client can write to. */
  takesArtefacts({ artifact_uri: uri }: MlflowRun): boolean {
    return uri.startsWith('mlflow-artifacts:');
  }

  /** `name` is a path below the run's artefacts: `model/MLmodel`. */
  async upload({ artifact_uri: uri }: MlflowRun, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const folder = uri.replace(/^mlflow-artifacts:(\/\/[^/]*)?\//, '').replace(/^\/+|\/+$/g, '');
    await this.#call('PUT', `${this.#settings.uri}/api/2.0/mlflow-artifacts/artifacts/${folder}/${name}`, `the artefact ${name}`, bytes, 'application/octet-stream');
  }

  /** Makes a registered model where there is none. */
  async registeredModel(name: string, description: string): Promise<void> {
    await this.#post('registered-models/create', { name, description }).catch((thrown: unknown) => {
      if (!isRefusal(thrown, 'RESOURCE_ALREADY_EXISTS')) throw thrown;
    });
  }

  /** MLflow's numbers of a model's versions, by the value of a tag; none of a model that there is not. */
  async numbersByTag(name: string, tag: string): Promise<Map<string, string>> {
    const numbers = new Map<string, string>();
    for (let page: string | undefined = ''; page !== undefined;) {
      const query: string = `filter=${encodeURIComponent(`name='${name}'`)}&max_results=1000${page === '' ? '' : `&page_token=${encodeURIComponent(page)}`}`;
      const found: { model_versions?: { version: string; tags?: MlflowPair[] }[]; next_page_token?: string } = await this.#get(`model-versions/search?${query}`);
      for (const { version, tags = [] } of found.model_versions ?? []) for (const { key, value } of tags) if (key === tag) numbers.set(value, version);
      page = found.next_page_token === '' ? undefined : found.next_page_token;
    }
    return numbers;
  }

  async createVersion(name: string, { source, runId, description, tags }: { source: string; runId: string; description: string; tags: readonly MlflowPair[] }): Promise<string> {
    return (await this.#post<{ model_version: { version: string } }>('model-versions/create', { name, source, run_id: runId, description, tags })).model_version.version;
  }

  async setAlias(name: string, alias: string, version: string): Promise<void> {
    await this.#post('registered-models/alias', { name, alias, version });
  }

  async removeAlias(name: string, alias: string): Promise<void> {
    await this.#call('DELETE', `${this.#settings.uri}/api/2.0/mlflow/registered-models/alias?name=${encodeURIComponent(name)}&alias=${encodeURIComponent(alias)}`, `to forget the alias ${alias}`).catch((thrown: unknown) => {
      if (!isRefusal(thrown, 'RESOURCE_DOES_NOT_EXIST') && !isRefusal(thrown, 'INVALID_PARAMETER_VALUE')) throw thrown;
    });
  }

  #get<Answer>(call: string): Promise<Answer> {
    return this.#call('GET', `${this.#settings.uri}/api/2.0/mlflow/${call}`, call.split('?')[0]!);
  }

  #post<Answer>(call: string, body: unknown): Promise<Answer> {
    return this.#call('POST', `${this.#settings.uri}/api/2.0/mlflow/${call}`, call, JSON.stringify(body), 'application/json');
  }

  async #call<Answer>(method: string, url: string, what: string, body?: string | Uint8Array<ArrayBuffer>, type?: string): Promise<Answer> {
    const { token, username, password, uri } = this.#settings;
    const authorisation = token !== undefined ? `Bearer ${token}` : username !== undefined ? `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` : undefined;
    const unreachable = (message: string, cause?: unknown) => new MillraceError('io', `MLflow does not answer: ${message}`, { where: uri, cause, todo: 'What was to be sent waits in the home; `millrace models send` sends it.' });
    let answer: { status: number; text(): Promise<string> };
    let text: string;
    try {
      answer = await this.#send(url, {
        method, signal: AbortSignal.timeout(TIMEOUT_MS), ...(body === undefined ? {} : { body }),
        headers: { ...(type === undefined ? {} : { 'content-type': type }), ...(authorisation === undefined ? {} : { authorization: authorisation }) },
      });
      text = await answer.text();
    } catch (thrown) {
      throw unreachable(causeOf(thrown), thrown);
    }
    const { status } = answer;
    if (status >= 200 && status < 300) return (text === '' ? {} : parsed(text)) as Answer;
    const { error_code: reason = '', message = text.slice(0, 200) } = (parsed(text) ?? {}) as { error_code?: string; message?: string };
    if (status === 401 || status === 403) throw new MillraceError('io', `MLflow lets nobody in with these credentials (HTTP ${status})`, { where: uri, todo: 'Set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.' });
    if (status === 429 || status >= 500) throw unreachable(`HTTP ${status} ${message}`);
    throw new MlflowRefusal(what, status, reason, message);
  }
}

function isRefusal(thrown: unknown, reason: string): boolean {
  return thrown instanceof MlflowRefusal && thrown.reason === reason;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function causeOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof Error ? cause.message : thrown instanceof Error ? thrown.message : String(thrown);
}
