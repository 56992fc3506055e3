#!/usr/bin/env node
// Runs SQL on a Trino server over its REST protocol, and registers Iceberg tables that lie on disk.
// Protocol: https://trino.io/docs/current/develop/client-protocol.html
import { realpathSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';

/** A statement that Trino refused; `name` is Trino's error name, e.g. SYNTAX_ERROR, DIVISION_BY_ZERO. */
export class TrinoError extends Error {
  constructor({ message, errorName, errorType, errorLocation }, sql) {
    super(message);
    this.name = errorName;
    this.type = errorType;
    this.location = errorLocation;
    this.sql = sql;
  }
}

/**
 * What a client carries from one statement to the next (USE, SET SESSION, PREPARE change it).
 * Give the same session to several `query` calls to keep it.
 */
export function createSession({ host = '127.0.0.1', port = 18080, catalog = 'iceberg', schema, user = 'oracle', timeZone = 'UTC' } = {}) {
  return { base: `http://${host}:${port}`, catalog, schema, user, timeZone, properties: new Map(), prepared: new Map() };
}

/**
 * Runs one statement (no trailing semicolon) and returns all its rows.
 * @param {string} sql
 * @param {object} options what `createSession` takes, or `{ session }`; `signal` (an AbortSignal) cancels the statement at Trino;
 *   `onPage` is given each page of the protocol as it comes, with `stats`, also the page that carries an error
 * @returns {Promise<{columns: {name: string, type: string}[], rows: unknown[][], updateType?: string, updateCount?: number}>}
 *   Values as the protocol has them: DECIMAL, DATE, TIME, TIMESTAMP and UUID are strings; VARBINARY is base64; ARRAY and ROW are
 *   arrays; MAP is an object; NaN and infinities are strings; an integer beyond 2^53 is a BigInt, any other number a number.
 * @throws {TrinoError} when Trino refuses or fails the statement
 */
export async function query(sql, { session, signal, onPage, ...options } = {}) {
  const s = session ?? createSession(options);
  let page = await request(`${s.base}/v1/statement`, { method: 'POST', body: sql, headers: sessionHeaders(s) }, s);
  const result = { columns: [], rows: [] };
  for (;;) {
    onPage?.(page);
    if (page.error) throw new TrinoError(page.error, sql);
    if (page.columns) result.columns = page.columns.map(({ name, type }) => ({ name, type }));
    if (page.data) for (const row of page.data) result.rows.push(row);
    if (page.updateType) result.updateType = page.updateType;
    if (page.updateCount !== undefined) result.updateCount = page.updateCount;
    if (!page.nextUri) return result;
    if (signal?.aborted) {
      await fetch(page.nextUri, { method: 'DELETE', headers: { 'X-Trino-User': s.user } });
      throw signal.reason;
    }
    page = await request(page.nextUri, { headers: { 'X-Trino-User': s.user } }, s);
  }
}

function sessionHeaders(s) {
  const list = (map) => [...map].map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join(',');
  const headers = {
    'X-Trino-User': s.user,
    'X-Trino-Source': 'query.mjs',
    'X-Trino-Time-Zone': s.timeZone,
    // Without this capability every TIMESTAMP and TIME is cut to milliseconds on its way out.
    'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
  };
  if (s.catalog) headers['X-Trino-Catalog'] = s.catalog;
  if (s.schema) headers['X-Trino-Schema'] = s.schema;
  if (s.properties.size) headers['X-Trino-Session'] = list(s.properties);
  if (s.prepared.size) headers['X-Trino-Prepared-Statement'] = list(s.prepared);
  return headers;
}

async function request(url, init, s) {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(url, init).catch((cause) => {
      throw new Error(`no Trino answers at ${s.base}: run \`start\` first`, { cause });
    });
    if (response.ok) {
      applySessionChanges(response.headers, s);
      return parseExact(await response.text());
    }
    const busy = [429, 502, 503, 504].includes(response.status);
    if (!busy || attempt === 20) throw new Error(`Trino answered ${response.status} to ${url}: ${(await response.text()).slice(0, 300)}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

function applySessionChanges(headers, s) {
  const pairs = (name) => (headers.get(name) ?? '').split(',').filter(Boolean).map((p) => {
    const at = p.indexOf('=');
    return at < 0 ? [p.trim(), ''] : [p.slice(0, at).trim(), decodeURIComponent(p.slice(at + 1).replaceAll('+', ' '))];
  });
  s.catalog = headers.get('X-Trino-Set-Catalog') ?? s.catalog;
  s.schema = headers.get('X-Trino-Set-Schema') ?? s.schema;
  for (const [k, v] of pairs('X-Trino-Set-Session')) s.properties.set(k, v);
  for (const [k] of pairs('X-Trino-Clear-Session')) s.properties.delete(k);
  for (const [k, v] of pairs('X-Trino-Added-Prepare')) s.prepared.set(k, v);
  for (const [k] of pairs('X-Trino-Deallocated-Prepare')) s.prepared.delete(k);
}

/** JSON.parse that keeps integers beyond 2^53 as BigInt. */
function parseExact(text) {
  const mark = '\u0000int:';
  const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
  const isUnsafe = (token) => /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token));
  const tagged = text.replace(stringOrNumber, (token) => (isUnsafe(token) ? `"\\u0000int:${token}"` : token));
  return JSON.parse(tagged, (_, v) => (typeof v === 'string' && v.startsWith(mark) ? BigInt(v.slice(mark.length)) : v));
}

/** Splits a script at semicolons outside quotes and comments. Comments stay with their statement. */
export function splitStatements(script) {
  const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\/|;|[^'"\-/;]+|[^]/g;
  const statements = [''];
  for (const [t] of script.matchAll(token)) {
    if (t === ';') statements.push('');
    else statements[statements.length - 1] += t;
  }
  const isBlank = (s) => s.replace(/--[^\n]*|\/\*[^]*?\*\//g, '').trim() === '';
  return statements.filter((s) => !isBlank(s)).map((s) => s.trim());
}

/**
 * Makes an Iceberg table that lies on disk (Hadoop layout) readable as `lake.<schema>.<table>`, at its newest metadata file.
 * Call it again after each commit: until then Trino reads the state that was registered. The table's folder is not changed.
 * @param {{location: string, table: string, schema?: string, metadataFile?: string, session?: object, port?: number}} options
 *   `location`: the folder that holds `metadata/`, as a path or file: URL. `metadataFile`: a bare file name, to read an older state.
 * @returns {Promise<{name: string, metadataFile: string, location: string}>} the quoted name to use in SQL, and what was registered
 */
export async function registerTable({ location, table, schema = 'default', metadataFile, ...options }) {
  const folder = location.startsWith('file:') ? localPath(location) : resolve(location);
  metadataFile ??= await newestMetadataFile(folder);
  const declared = await declaredLocation(folder, metadataFile);
  if (localPath(declared) !== folder) {
    throw new Error(`${metadataFile} declares the table's location as ${declared}, but it lies in ${folder}: Trino reads a table only where it was written`);
  }
  await query(`CREATE SCHEMA IF NOT EXISTS iceberg.${quoted(schema)}`, options);
  await unregisterTable({ table, schema, ...options });
  // Trino compares the location with the declared one character by character, so it is given as declared.
  const args = [schema, table, declared.replace(/\/+$/, ''), metadataFile].map(literal).join(', ');
  await query(`CALL iceberg.system.register_table(${args})`, options);
  return { name: `lake.${quoted(schema)}.${quoted(table)}`, metadataFile, location: declared };
}

/** Forgets a registered table and leaves its files alone (DROP TABLE would delete them). A table that is not there is no error. */
export async function unregisterTable({ table, schema = 'default', ...options }) {
  try {
    await query(`CALL iceberg.system.unregister_table(${literal(schema)}, ${literal(table)})`, options);
  } catch (error) {
    if (!/^Table '.*' not found$/.test(error.message)) throw error;
  }
}

/**
 * The metadata file that Iceberg's own Hadoop tables would read: the hinted version, or a later one where the hint is stale. In a
 * folder without version-hint.text, where names may also be 00008-<uuid>.metadata.json, the highest version.
 */
async function newestMetadataFile(folder) {
  const hint = await readFile(join(folder, 'metadata', 'version-hint.text'), 'utf8').catch(() => undefined);
  const metadataName = hint ? /^v(\d+)(?:\.gz)?\.metadata\.json(?:\.gz)?$/ : /^(?:v|(?=\d+-))(\d+)(?:-[0-9a-f-]+)?(?:\.gz)?\.metadata\.json(?:\.gz)?$/;
  const files = new Map();
  for (const file of await readdir(join(folder, 'metadata'))) {
    const match = metadataName.exec(file);
    if (match) files.set(Number(match[1]), file);
  }
  let version = hint ? Number(hint) : Math.max(...files.keys());
  while (files.has(version + 1)) version++;
  if (!files.has(version)) throw new Error(`${folder}/metadata has no metadata file of version ${version} (version-hint.text: ${hint ?? 'none'})`);
  return files.get(version);
}

async function declaredLocation(folder, metadataFile) {
  const bytes = await readFile(join(folder, 'metadata', metadataFile));
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return JSON.parse((isGzip ? gunzipSync(bytes) : bytes).toString('utf8')).location;
}

/** `/a/b` for /a/b, file:/a/b and file:///a/b; anything else as it is. */
const localPath = (location) => location.replace(/^file:(?:\/\/)?(?=\/)/, '').replace(/(?<=.)\/+$/, '');
const quoted = (name) => `"${name.replaceAll('"', '""')}"`;
const literal = (text) => `'${text.replaceAll("'", "''")}'`;

const usage = `usage: query.mjs [--port N] [--catalog NAME] [--schema NAME] [--json] ['SQL']   (without SQL: statements from stdin, separated by ;)
       query.mjs [--port N] --register TABLE_FOLDER --as SCHEMA.TABLE`;

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '18080' }, catalog: { type: 'string' }, schema: { type: 'string' }, json: { type: 'boolean' },
      register: { type: 'string' }, as: { type: 'string' }, help: { type: 'boolean' },
    },
  });
  if (values.help || positionals.length > 1 || Boolean(values.register) !== Boolean(values.as)) return void process.stderr.write(`${usage}\n`);
  const session = createSession({ port: Number(values.port), schema: values.schema, ...(values.catalog && { catalog: values.catalog }) });
  if (values.register) {
    const [schema, table] = values.as.split('.');
    return say((await registerTable({ location: values.register, schema, table, session })).metadataFile);
  }
  for (const sql of splitStatements(positionals[0] ?? (await text(process.stdin)))) print(await query(sql, { session }), values.json);
}

const say = (line) => void process.stdout.write(`${line}\n`);

function print({ columns, rows, updateType, updateCount }, asJson) {
  const plain = (_, v) => (typeof v === 'bigint' ? v.toString() : v);
  if (asJson) return say(JSON.stringify({ columns, rows, updateType, updateCount }, plain));
  if (updateType) say(updateCount === undefined ? updateType : `${updateType}: ${updateCount} rows`);
  if (!columns.length || updateType) return;
  say(columns.map((c) => `${c.name} ${c.type}`).join('\t'));
  for (const row of rows) say(row.map((v) => (typeof v === 'object' ? JSON.stringify(v, plain) : String(v))).join('\t'));
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  await main().catch((error) => {
    process.stderr.write(`${error.name}: ${error.message}\n`);
    process.exitCode = 1;
  });
}
