// Statements sent to Athena: started once, watched to their end, tried again where the failure asks for it, stopped when nobody wants them.
import {
  GetQueryExecutionCommand, GetQueryResultsCommand, StartQueryExecutionCommand, StopQueryExecutionCommand,
  type AthenaClient, type GetQueryResultsCommandOutput, type QueryExecution,
} from '@aws-sdk/client-athena';
import { MillraceError, uuidv7, type Clock } from '../../base/index.ts';
import { parseResultFile } from './result-file.ts';
import { isThrottled, queryError, RETRIED } from './errors.ts';

export interface ExecutionsOptions {
  client: AthenaClient;
  workgroup: string;
  /** Where results go, `s3://bucket/prefix/`; default: the workgroup's own place. */
  outputLocation?: string;
  /** Reads results from the file that Athena leaves, by its `s3://` place: for many rows. Default: through the API, a thousand rows a call. */
  readResultFile?: (place: string) => Promise<Uint8Array>;
  clock: Clock;
  /** From 0 to below 1; spreads retries. */
  random: () => number;
}

const TRIES = 6;
/** Statements of one process that run at once; the others wait here. An account has a quota for all of them, and refuses what is above it. */
const MOST_AT_ONCE = 8;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 20_000;
const FIRST_POLL_MS = 50;
const LONGEST_POLL_MS = 2_000;
/** The most that Athena takes, in bytes of UTF-8. */
const LONGEST_STATEMENT = 262_144;

export class Executions {
  private readonly options: ExecutionsOptions;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(options: ExecutionsOptions) {
    this.options = options;
  }

  /** Runs a statement to its end and gives the id of its execution. Throws what went wrong, with Athena's own reason. */
  async run(sql: string, signal?: AbortSignal): Promise<string> {
    const size = Buffer.byteLength(sql);
    if (size > LONGEST_STATEMENT) {
      throw new MillraceError('unsupported', `the statement has ${size} bytes, and Athena takes ${LONGEST_STATEMENT}`, {
        where: sql.slice(0, 80), todo: 'Compute everything with --full, or compact the tables that it reads.',
      });
    }
    for (let tried = 1; ; tried++) {
      const ended = await this.runOnce(sql, signal);
      if (ended.Status?.State === 'SUCCEEDED') return ended.QueryExecutionId ?? '';
      const reason = ended.Status?.StateChangeReason ?? `the query ended as ${ended.Status?.State ?? 'unknown'}`;
      if (!RETRIED.test(reason) || tried >= TRIES) throw queryError(reason, sql);
      await this.backOff(tried, signal);
    }
  }

  /** All rows of a finished SELECT, values as Athena's text; undefined is NULL. */
  async results(id: string): Promise<{ names: string[]; rows: (string | undefined)[][] }> {
    const { readResultFile } = this.options;
    if (readResultFile !== undefined) {
      const { QueryExecution } = await this.throttled(() => this.options.client.send(new GetQueryExecutionCommand({ QueryExecutionId: id })));
      const [names = [], ...rows] = parseResultFile(await readResultFile(QueryExecution?.ResultConfiguration?.OutputLocation ?? ''));
      return { names: names.map((name) => name ?? ''), rows };
    }
    const rows: (string | undefined)[][] = [];
    let names: string[] | undefined;
    let token: string | undefined;
    do {
      const request = new GetQueryResultsCommand({ QueryExecutionId: id, NextToken: token, MaxResults: 1000 });
      const page: GetQueryResultsCommandOutput = await this.throttled(() => this.options.client.send(request));
      const texts = (page.ResultSet?.Rows ?? []).map(({ Data = [] }) => Data.map(({ VarCharValue }) => VarCharValue));
      // The first row of the first page repeats the names.
      rows.push(...(names === undefined ? texts.slice(1) : texts));
      names ??= (page.ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map(({ Name }) => Name ?? '');
      token = page.NextToken;
    } while (token !== undefined);
    return { names: names ?? [], rows };
  }

  private async runOnce(sql: string, signal: AbortSignal | undefined): Promise<QueryExecution> {
    // Whoever ends hands its place on, so that nobody slips in between.
    if (this.running >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running++;
    try {
      return await this.startAndWatch(sql, signal);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }

  private async startAndWatch(sql: string, signal: AbortSignal | undefined): Promise<QueryExecution> {
    const { client, workgroup, outputLocation, clock } = this.options;
    if (signal?.aborted === true) throw stopped(signal);
    // The same token for every try of this start: where an answer was lost, the statement does not run twice.
    const token = `${uuidv7(clock.now())}-millrace`;
    const started = await this.throttled(() => client.send(new StartQueryExecutionCommand({
      QueryString: sql, ClientRequestToken: token, WorkGroup: workgroup,
      ...(outputLocation === undefined ? {} : { ResultConfiguration: { OutputLocation: outputLocation } }),
    })), signal).catch((cause: unknown) => {
      throw cause instanceof MillraceError ? cause : queryError(cause instanceof Error ? cause.message : String(cause), sql, cause);
    });
    return this.watch(started.QueryExecutionId ?? '', signal);
  }

  private async watch(id: string, signal: AbortSignal | undefined): Promise<QueryExecution> {
    const { client, clock } = this.options;
    for (let wait = FIRST_POLL_MS; ; wait = Math.min(LONGEST_POLL_MS, wait * 1.4)) {
      const { QueryExecution: execution } = await this.throttled(() => client.send(new GetQueryExecutionCommand({ QueryExecutionId: id })));
      const state = execution?.Status?.State;
      if (execution !== undefined && (state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED')) {
        if (state !== 'SUCCEEDED' && signal?.aborted === true) throw stopped(signal);
        return execution;
      }
      await clock.sleep(wait, signal).catch(async () => {
        await this.throttled(() => client.send(new StopQueryExecutionCommand({ QueryExecutionId: id })));
        throw stopped(signal);
      });
    }
  }

  /** Sends a request again while Athena says that there are too many. */
  private async throttled<Output>(send: () => Promise<Output>, signal?: AbortSignal): Promise<Output> {
    for (let tried = 1; ; tried++) {
      try {
        return await send();
      } catch (error) {
        if (!isThrottled(error) || tried >= TRIES) throw error;
        await this.backOff(tried, signal);
      }
    }
  }

  private async backOff(tried: number, signal: AbortSignal | undefined): Promise<void> {
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tried);
    await this.options.clock.sleep(longest * (0.5 + this.options.random() / 2), signal);
  }
}

function stopped(signal: AbortSignal | undefined): MillraceError {
  return new MillraceError('interrupted', 'the query was interrupted', { cause: signal?.reason });
}
