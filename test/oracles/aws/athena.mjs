#!/usr/bin/env node
// The Athena API (JSON 1.1) over a Trino server: what AWS SDK clients send, really executed. Statements that only Athena has are in statements.mjs.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { createSession, query, TrinoError } from '../trino/query.mjs';
import { Refused, translate } from './statements.mjs';
import { columnInfo, csv, render } from './values.mjs';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string' }, trino: { type: 'string' }, s3: { type: 'string' },
    catalog: { type: 'string', default: 'awsdatacatalog' }, concurrency: { type: 'string', default: '20' },
  },
});

const seconds = (ms) => ms / 1000;
const engine = { SelectedEngineVersion: 'AUTO', EffectiveEngineVersion: 'Athena engine version 3' };
const executions = new Map(); // QueryExecutionId -> execution, oldest first
const tokens = new Map(); // ClientRequestToken -> { sent, answer }
const properties = new Map(); // 'db.table' -> the table properties that Athena knows and Trino does not
const workGroups = new Map([['primary', workGroup({ Name: 'primary' })]]);

class ApiError extends Error {
  constructor(type, message, extra = {}) {
    super(message);
    this.body = { __type: type, Message: message, ...extra };
  }
}
const invalid = (message, code = 'INVALID_INPUT') => new ApiError('InvalidRequestException', message, { AthenaErrorCode: code });

const actions = {
  StartQueryExecution(input) {
    const { ClientRequestToken: token } = input;
    if (token === undefined) return start(input);
    if (token.length < 32 || token.length > 128) throw invalid('ClientRequestToken must have between 32 and 128 characters');
    const sent = JSON.stringify(input);
    const earlier = tokens.get(token);
    if (earlier && earlier.sent !== sent) throw invalid('Idempotent parameters do not match');
    if (earlier) return earlier.answer;
    const answer = start(input);
    tokens.set(token, { sent, answer });
    answer.catch(() => tokens.delete(token));
    return answer;
  },

  GetQueryExecution: ({ QueryExecutionId }) => ({ QueryExecution: describe(executionOf(QueryExecutionId)) }),

  BatchGetQueryExecution({ QueryExecutionIds: ids }) {
    const missing = (id) => ({ QueryExecutionId: id, ErrorCode: 'INVALID_INPUT', ErrorMessage: `QueryExecution ${id} was not found` });
    return {
      QueryExecutions: ids.filter((id) => executions.has(id)).map((id) => describe(executions.get(id))),
      UnprocessedQueryExecutionIds: ids.filter((id) => !executions.has(id)).map(missing),
    };
  },

  ListQueryExecutions({ WorkGroup = 'primary', MaxResults = 50, NextToken }) {
    const group = workGroupNamed(WorkGroup);
    const ids = [...executions.values()].filter((e) => e.group === group).map((e) => e.id).reverse();
    const { items, next } = page(ids, MaxResults, NextToken, 50);
    return { QueryExecutionIds: items, NextToken: next };
  },

  StopQueryExecution({ QueryExecutionId }) {
    const execution = executionOf(QueryExecutionId);
    if (!execution.completed) execution.abort.abort(new Error('Query cancelled by user'));
    return {};
  },

  GetQueryResults({ QueryExecutionId, MaxResults = 1000, NextToken }) {
    const { state, columns, rows, updateCount, statement } = executionOf(QueryExecutionId);
    if (!['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(state)) throw invalid(`Query has not yet finished. Current state: ${state}`, 'INVALID_QUERY_EXECUTION_STATE');
    if (state !== 'SUCCEEDED') throw invalid(`Query did not finish successfully. Final query state: ${state}`, 'INVALID_QUERY_EXECUTION_STATE');
    const header = statement.type === 'DML' && updateCount === undefined && columns.length ? [columns.map((c) => c.name)] : [];
    const { items, next } = page([...header, ...rows], MaxResults, NextToken, 1000);
    return {
      UpdateCount: updateCount ?? 0,
      ResultSet: { Rows: items.map((row) => ({ Data: row.map((v) => ({ VarCharValue: v })) })), ResultSetMetadata: { ColumnInfo: columns.map(columnInfo) } },
      NextToken: next,
    };
  },

  GetWorkGroup: ({ WorkGroup }) => ({ WorkGroup: workGroupNamed(WorkGroup) }),

  CreateWorkGroup(input) {
    if (workGroups.has(input.Name)) throw invalid(`WorkGroup ${input.Name} is already created`);
    workGroups.set(input.Name, workGroup(input));
    return {};
  },
};

async function start(input) {
  const { QueryString: sql, QueryExecutionContext: context = {}, ExecutionParameters: parameters, WorkGroup = 'primary' } = input;
  const group = workGroupNamed(WorkGroup);
  if (!sql || Buffer.byteLength(sql) > 262144) throw invalid('QueryString must have between 1 and 262144 bytes');
  if (![undefined, 'awsdatacatalog'].includes(context.Catalog?.toLowerCase())) throw invalid(`Catalog ${context.Catalog} is not known`);
  const database = context.Database?.toLowerCase() ?? 'default';
  const snapshotAgeOf = (table) => Number(properties.get(table)?.vacuum_max_snapshot_age_seconds ?? 432000);
  const statement = translate(sql, { database, snapshotAgeOf });
  const withParameters = (step) => `EXECUTE IMMEDIATE '${step.replaceAll("'", "''")}' USING ${parameters.join(', ')}`;
  if (parameters?.length) statement.steps = statement.steps.map(withParameters);
  const output = await outputLocation(input.ResultConfiguration, group.Configuration);
  const running = [...executions.values()].filter((e) => !e.completed).length;
  if (running >= Number(options.concurrency)) {
    throw new ApiError('TooManyRequestsException', `${running} queries are running, which is the limit`, { Reason: 'CONCURRENT_QUERY_LIMIT_EXCEEDED' });
  }
  const id = randomUUID();
  const execution = {
    id, sql, context, database, group, parameters, statement, output: `${output}${id}${fileSuffix(statement)}`,
    state: 'QUEUED', submitted: Date.now(), scanned: 0, stats: {}, columns: [], rows: [], abort: new AbortController(),
  };
  executions.set(id, execution);
  // Athena checks the syntax before it answers; Trino's first pages tell it.
  const parsed = new Promise((resolve) => { execution.onParsed = resolve; });
  const syntaxError = await Promise.race([parsed, run(execution)]);
  if (syntaxError) {
    executions.delete(id);
    throw invalid(syntaxError.message, 'MALFORMED_QUERY');
  }
  return { QueryExecutionId: id };
}

const hasRows = ({ subtype }) => ['SELECT', 'VALUES', 'TABLE', 'EXECUTE'].includes(subtype);
const fileSuffix = (statement) => (hasRows(statement) ? '.csv' : statement.type === 'DML' || statement.select ? '' : '.txt');

function workGroup({ Name, Description, Configuration = {} }) {
  const defaults = {
    EnforceWorkGroupConfiguration: Name !== 'primary', PublishCloudWatchMetricsEnabled: false, RequesterPaysEnabled: false, EngineVersion: engine,
  };
  const group = { Name, Description, State: 'ENABLED', CreationTime: seconds(Date.now()), Configuration: { ...defaults, ...Configuration } };
  return Object.defineProperty(group, 'prepared', { value: new Map() }); // PREPARE … lives in its workgroup
}

function workGroupNamed(name) {
  return workGroups.get(name) ?? (() => { throw invalid(`WorkGroup ${name} is not found.`); })();
}

function executionOf(id) {
  return executions.get(id) ?? (() => { throw invalid(`QueryExecution ${id} was not found`); })();
}

/** A workgroup that enforces its configuration wins over what the client asks for. */
async function outputLocation(asked, { EnforceWorkGroupConfiguration: enforced, ResultConfiguration: own }) {
  const location = enforced && own?.OutputLocation ? own.OutputLocation : asked?.OutputLocation ?? own?.OutputLocation;
  if (!location) {
    throw invalid('No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.');
  }
  const [, bucket] = /^s3:\/\/([^/]+)/.exec(location) ?? [];
  const found = bucket && (await fetch(`${options.s3}/${bucket}`, { method: 'HEAD' }));
  if (!found?.ok) throw invalid(`Unable to verify/create output bucket ${bucket}`);
  return location.endsWith('/') ? location : `${location}/`;
}

/** Runs all steps. Never rejects: the outcome is in the execution, except for a syntax error, which is returned. */
async function run(execution) {
  const { statement, abort } = execution;
  try {
    if (statement.select) await refuseColumnTypes(statement.select, execution);
    for (const step of statement.steps) await runStep(step, execution);
    if (statement.properties) properties.set(statement.table, { ...properties.get(statement.table), ...statement.properties });
    await writeResult(execution);
    execution.state = 'SUCCEEDED';
  } catch (error) {
    if (error.name === 'SYNTAX_ERROR' && execution.state === 'QUEUED') return error;
    execution.state = abort.signal.aborted ? 'CANCELLED' : 'FAILED';
    execution.reason = error instanceof TrinoError ? `${error.name}: ${error.message}` : error.message;
    if (!abort.signal.aborted) execution.error = athenaError(error, execution.reason);
    if (!(error instanceof TrinoError) && !error.athena && !abort.signal.aborted) process.stderr.write(`${error.stack}\n`);
  }
  execution.completed = Date.now();
  return undefined;
}

async function runStep(sql, execution) {
  const { group, abort, database } = execution;
  const cutoff = group.Configuration.BytesScannedCutoffPerQuery ?? Infinity;
  const before = execution.scanned;
  const onPage = ({ stats, columns, error }) => {
    execution.stats = stats;
    execution.scanned = before + stats.physicalInputBytes;
    if (columns) execution.columns = columns;
    if (stats.state !== 'QUEUED' && !error) {
      execution.state = 'RUNNING';
      execution.onParsed();
    }
    if (execution.scanned > cutoff) abort.abort(new Error('Bytes scanned limit was exceeded'));
  };
  const { rows, updateType, updateCount } = await query(sql, { session: session(database, group), signal: abort.signal, onPage });
  if (!updateType) abort.signal.throwIfAborted(); // a write that is through stays so
  if (updateType && updateCount === undefined) execution.columns = [];
  execution.updateCount = updateCount;
  execution.rows = updateType ? [] : rows.map((row) => row.map((v, i) => render(v, execution.columns[i].typeSignature)));
}

function session(database, group) {
  const s = createSession({ port: Number(options.trino), catalog: options.catalog, schema: database, user: 'athena' });
  s.prepared = group.prepared;
  // One writer, so that iceberg.max-partitions-per-writer (100) limits the whole statement, as in Athena.
  for (const name of ['task_min_writer_count', 'task_max_writer_count']) s.properties.set(name, '1');
  return s;
}

/** Athena's CTAS cannot make Iceberg columns of types that this newer Trino quietly widens. */
async function refuseColumnTypes(select, { database, group }) {
  const rowsOnly = select.replace(/\bWITH\s+(NO\s+)?DATA\s*$/i, '');
  const { columns } = await query(`SELECT * FROM (${rowsOnly}\n) LIMIT 0`, { session: session(database, group) });
  for (const { name, type } of columns) {
    const [, precision] = /^timestamp\((?!6\))(\d+)\)/.exec(type) ?? [];
    const problem = precision ? `Timestamp precision (${precision}) not supported for Iceberg. Use "timestamp(6)" instead.`
      : /^(tinyint|smallint|char)\b/.test(type) ? `Type not supported for Iceberg: ${type} (column ${name})` : undefined;
    if (problem) throw Object.assign(new Error(`NOT_SUPPORTED: ${problem}`), { athena: 1000 });
  }
}

async function writeResult({ output, columns, rows, statement }) {
  if (!/\.(csv|txt)$/.test(output)) return;
  const body = statement.type === 'DML' ? csv([columns.map((c) => c.name), ...rows]) : rows.map((row) => `${row.join('\t')}\n`).join('');
  const response = await fetch(options.s3 + output.replace(/^s3:\/\//, '/'), { method: 'PUT', body, headers: { 'content-type': 'application/octet-stream' } });
  if (!response.ok) throw Object.assign(new Error(`Failed to write query results to ${output}: ${response.status}`), { athena: 401 });
}

/** See "Athena error catalog" in Athena's guide; only these types can be told apart here. */
function athenaError({ name, type, athena }, message) {
  const isSystem = type === 'INTERNAL_ERROR' || (type === undefined && !athena);
  const errorType = isSystem ? 200 : athena ?? (name.startsWith('ICEBERG_') ? 233 : type === 'INSUFFICIENT_RESOURCES' ? 5 : 1000);
  return { ErrorCategory: isSystem ? 1 : 2, ErrorType: errorType, Retryable: false, ErrorMessage: message };
}

function describe(e) {
  const elapsed = (e.completed ?? Date.now()) - e.submitted;
  const queued = e.stats.queuedTimeMillis ?? 0;
  return {
    QueryExecutionId: e.id, Query: e.sql, StatementType: e.statement.type, SubstatementType: e.statement.subtype, WorkGroup: e.group.Name,
    QueryExecutionContext: e.context, ResultConfiguration: { OutputLocation: e.output }, ExecutionParameters: e.parameters, EngineVersion: engine,
    Status: {
      State: e.state, StateChangeReason: e.reason, AthenaError: e.error,
      SubmissionDateTime: seconds(e.submitted), CompletionDateTime: e.completed && seconds(e.completed),
    },
    Statistics: {
      DataScannedInBytes: e.scanned, EngineExecutionTimeInMillis: Math.max(0, elapsed - queued), TotalExecutionTimeInMillis: elapsed,
      QueryQueueTimeInMillis: queued, ResultReuseInformation: { ReusedPreviousResult: false },
    },
  };
}

function page(all, size, token, limit) {
  if (!(size >= 1 && size <= limit)) throw invalid(`MaxResults must lie between 1 and ${limit}`);
  const start = token === undefined ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isInteger(start) || start < 0 || start > all.length) throw invalid('NextToken is not valid');
  const end = start + size;
  return { items: all.slice(start, end), next: end < all.length ? Buffer.from(String(end)).toString('base64url') : undefined };
}

async function answer(request) {
  const [, action] = /^AmazonAthena\.(\w+)$/.exec(request.headers['x-amz-target'] ?? '') ?? [];
  try {
    if (!Object.hasOwn(actions, action ?? '')) throw new ApiError('UnknownOperationException', `the rehearsal has no ${action}`);
    return [200, await actions[action](await json(request))];
  } catch (error) {
    if (error instanceof ApiError) return [400, error.body];
    if (error instanceof Refused) return [400, invalid(error.message, 'MALFORMED_QUERY').body];
    process.stderr.write(`${error.stack}\n`);
    return [500, { __type: 'InternalServerException', Message: error.message }];
  }
}

createServer(async (request, response) => {
  const [status, body] = await answer(request);
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() }).end(JSON.stringify(body));
}).listen(Number(options.port), '127.0.0.1', () => process.stdout.write(`athena ready on http://127.0.0.1:${options.port}\n`));
