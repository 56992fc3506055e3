// Reads one statement in Athena's SQL and gives the Trino statements that do the same. What Athena has and we do not know is refused.

/** A statement that Athena would not even start; becomes an InvalidRequestException. */
export class Refused extends Error {}

const HIVE = 'the rehearsal knows Iceberg tables only, not Hive tables';
const tableProperties = /^(format|write_compression|compression_level|vacuum_\w+|optimize_rewrite_\w+|write_target_data_file_size_bytes)$/;
const scalarTypes = {
  boolean: 'boolean', int: 'integer', integer: 'integer', bigint: 'bigint', float: 'real', double: 'double', string: 'varchar', varchar: 'varchar',
  date: 'date', timestamp: 'timestamp(6)', binary: 'varbinary',
};
const quoted = (name) => `"${name.replaceAll('"', '""')}"`;
const literal = (text) => `'${text.replaceAll("'", "''")}'`;

/**
 * @param {string} sql
 * @param {{database?: string, snapshotAgeOf: (table: string) => number}} context the query's database, and how old in seconds a
 *   table's snapshots may grow before VACUUM removes them
 * @returns {{type: 'DML'|'DDL'|'UTILITY', subtype: string, steps: string[], select?: string, table?: string, properties?: object}}
 *   `steps`: Trino statements to run in turn. `select`: the query of a CTAS. `properties`: those that it sets on `table` (`db.table`).
 * @throws {Refused}
 */
export function translate(sql, { database, snapshotAgeOf }) {
  const at = new Reader(sql, database);
  if (at.done) throw new Refused('Query string must not be empty');
  const first = at.token.text === '(' ? 'SELECT' : at.token.text.toUpperCase();
  if (!Object.hasOwn(statements, first)) throw new Refused(`Queries of this type are not supported: ${first}`);
  return { subtype: first, type: 'DML', ...statements[first](at, snapshotAgeOf) };
}

const verbatim = (at) => ({ steps: [at.sql] });
const utility = (at) => ({ type: 'UTILITY', steps: [at.sql] });

const statements = {
  SELECT: verbatim, WITH: (at) => ({ subtype: 'SELECT', steps: [at.sql] }), VALUES: verbatim, TABLE: verbatim,
  INSERT: verbatim, UPDATE: verbatim, DELETE: verbatim, MERGE: verbatim,
  EXPLAIN: utility, PREPARE: utility, EXECUTE: verbatim, DEALLOCATE: utility,

  OPTIMIZE(at) {
    at.expect('OPTIMIZE');
    const table = at.name();
    at.expect('REWRITE', 'DATA', 'USING', 'BIN_PACK');
    if (!at.done && !at.peek('WHERE')) at.fail();
    return { steps: [`ALTER TABLE ${table.sql} EXECUTE optimize ${at.rest()}`] };
  },

  VACUUM(at, snapshotAgeOf) {
    at.expect('VACUUM');
    const table = at.name();
    at.end();
    const age = `retention_threshold => '${snapshotAgeOf(table.key)}s'`;
    return { steps: ['expire_snapshots', 'remove_orphan_files'].map((procedure) => `ALTER TABLE ${table.sql} EXECUTE ${procedure}(${age})`) };
  },

  CREATE(at) {
    at.expect('CREATE');
    if (at.take('OR', 'REPLACE') ? at.peek('VIEW') : at.peek('VIEW')) return { type: 'DDL', subtype: 'CREATE_VIEW', steps: [at.sql] };
    if (at.take('DATABASE') || at.take('SCHEMA')) return createDatabase(at);
    if (at.take('EXTERNAL')) throw new Refused(HIVE);
    at.expect('TABLE');
    const target = { ifNotExists: at.take('IF', 'NOT', 'EXISTS') ? 'IF NOT EXISTS ' : '', table: at.name() };
    return at.peek('(') ? createTable(at, target) : createTableAs(at, target);
  },

  DROP(at) {
    at.expect('DROP');
    if (at.peek('VIEW')) return { type: 'DDL', subtype: 'DROP_VIEW', steps: [at.sql] };
    const isTable = at.take('TABLE');
    if (!isTable && !at.take('DATABASE')) at.expect('SCHEMA');
    const ifExists = at.take('IF', 'EXISTS') ? 'IF EXISTS ' : '';
    const { sql } = at.name({ style: 'hive' });
    const cascade = isTable ? (at.take('PURGE'), '') : at.take('CASCADE') ? ' CASCADE' : (at.take('RESTRICT'), '');
    at.end();
    return { type: 'DDL', subtype: isTable ? 'DROP_TABLE' : 'DROP_DATABASE', steps: [`DROP ${isTable ? 'TABLE' : 'SCHEMA'} ${ifExists}${sql}${cascade}`] };
  },

  ALTER(at) {
    at.expect('ALTER', 'TABLE');
    const table = at.name({ style: 'hive' });
    const alter = (...changes) => ({ type: 'DDL', subtype: 'ALTER_TABLE', table: table.key, steps: changes.map((c) => `ALTER TABLE ${table.sql} ${c}`) });
    if (at.take('ADD', 'COLUMNS')) return alter(...at.list(() => `ADD COLUMN ${column(at)}`));
    if (at.take('DROP', 'COLUMN')) return alter(`DROP COLUMN ${at.identifier('hive')}`);
    if (at.take('RENAME', 'TO')) return alter(`RENAME TO ${at.name({ style: 'hive' }).sql}`);
    if (at.take('SET', 'TBLPROPERTIES')) return { ...alter(), properties: properties(at) };
    if (!at.take('CHANGE')) at.fail();
    at.take('COLUMN');
    const [from, to, type] = [at.identifier('hive'), at.identifier('hive'), columnType(at)];
    return alter(`ALTER COLUMN ${from} SET DATA TYPE ${type}`, ...(from === to ? [] : [`RENAME COLUMN ${from} TO ${to}`]));
  },

  SHOW(at) {
    at.expect('SHOW');
    const show = (subtype, column, sql) => ({ type: 'UTILITY', subtype, steps: [`SELECT ${column} FROM information_schema.${sql}`] });
    if (at.take('DATABASES') || at.take('SCHEMAS')) {
      at.end();
      return show('SHOW_DATABASES', 'schema_name AS database_name', `schemata WHERE schema_name <> 'information_schema' ORDER BY 1`);
    }
        if (at.take('TABLES')) {
      const schema = at.take('IN') || at.take('FROM') ? at.identifier('hive').slice(1, -1) : at.database;
      const pattern = at.done ? '' : ` AND regexp_like(table_name, ${literal(`^(${at.string().replaceAll('*', '.*')})$`)})`;
      return show('SHOW_TABLES', 'table_name AS tab_name', `tables WHERE table_schema = ${literal(schema)}${pattern} ORDER BY 1`);
    }
    at.expect('COLUMNS');
    if (!at.take('IN')) at.expect('FROM');
    const [schema, table] = at.name({ style: 'hive' }).key.split('.');
    return show('SHOW_COLUMNS', 'column_name AS field', `columns WHERE table_schema = ${literal(schema)} AND table_name = ${literal(table)} ORDER BY ordinal_position`);
  },
};

function createDatabase(at) {
  const ifNotExists = at.take('IF', 'NOT', 'EXISTS') ? 'IF NOT EXISTS ' : '';
  const { sql } = at.name({ style: 'hive' });
  if (at.take('COMMENT')) at.string();
  const location = at.take('LOCATION') ? ` WITH (location = ${literal(at.string())})` : '';
  at.end();
  return { type: 'DDL', subtype: 'CREATE_DATABASE', steps: [`CREATE SCHEMA ${ifNotExists}${sql}${location}`] };
}

function createTable(at, { ifNotExists, table }) {
  if (table.style === 'dml') throw new Refused('mismatched input \'"\': in DDL a name is quoted with backticks');
  const columns = at.list(() => column(at));
  const comment = at.take('COMMENT') ? ` COMMENT ${literal(at.string())}` : '';
  const partitioning = at.take('PARTITIONED', 'BY') ? at.list(() => partitionField(at)) : [];
  const location = at.take('LOCATION') && at.string();
  const { table_type: kind, ...rest } = at.take('TBLPROPERTIES') ? properties(at, ['table_type']) : {};
  at.end();
  if (kind?.toUpperCase() !== 'ICEBERG') throw new Refused(`${HIVE}: give TBLPROPERTIES ('table_type'='ICEBERG')`);
  if (!location) throw new Refused('A LOCATION is required for an Iceberg table');
  const sql = `CREATE TABLE ${ifNotExists}${table.sql} (${columns.join(', ')})${comment} ${withClause({ location, partitioning, format: rest.format })}`;
  return { type: 'DDL', subtype: 'CREATE_TABLE', table: table.key, properties: rest, steps: [sql] };
}

function createTableAs(at, { ifNotExists, table }) {
  const given = at.take('WITH') ? Object.fromEntries(at.list(() => [at.word().toLowerCase(), (at.expect('='), at.value())])) : {};
  const { table_type: kind, is_external: isExternal, location, partitioning = [], ...rest } = given;
  at.expect('AS');
  const select = at.rest();
  if (table.style === 'hive') throw new Refused("backquoted identifiers are not supported; use double quotes to quote identifiers");
  if (String(kind).toUpperCase() !== 'ICEBERG') throw new Refused(`${HIVE}: give WITH (table_type = 'ICEBERG')`);
  if (isExternal !== false) throw new Refused('An Iceberg table cannot be external: give is_external = false');
  if (!location) throw new Refused('A location is required for an Iceberg table');
  const unknown = Object.keys(rest).filter((key) => !tableProperties.test(key));
  if (unknown.length) throw new Refused(`Unknown table properties: ${unknown}`);
  // Athena's documentation writes bucket(16, id), Trino bucket(id, 16).
  const fields = partitioning.map((f) => f.replace(/^\s*(bucket|truncate)\s*\(\s*(\d+)\s*,\s*(.+?)\s*\)\s*$/i, '$1($3, $2)'));
  const sql = `CREATE TABLE ${ifNotExists}${table.sql} ${withClause({ location, partitioning: fields, format: rest.format })} AS ${select}`;
  return { type: 'DDL', subtype: 'CREATE_TABLE_AS_SELECT', table: table.key, properties: rest, select, steps: [sql] };
}

function withClause({ location, partitioning, format }) {
  const parts = [`location = ${literal(location.replace(/\/+$/, ''))}`];
  if (format) parts.push(`format = ${literal(format.toUpperCase())}`);
  if (partitioning.length) parts.push(`partitioning = ARRAY[${partitioning.map(literal).join(', ')}]`);
  return `WITH (${parts.join(', ')})`;
}

function properties(at, also = []) {
  const given = Object.fromEntries(at.list(() => [at.string(), (at.expect('='), at.string())]));
  const unknown = Object.keys(given).find((key) => !tableProperties.test(key) && !also.includes(key));
  if (unknown) throw new Refused(`Unsupported table property key: ${unknown}`);
  return given;
}

function column(at) {
  const [name, type] = [at.identifier('hive'), columnType(at)];
  return `${name} ${type}${at.take('COMMENT') ? ` COMMENT ${literal(at.string())}` : ''}`;
}

function columnType(at) {
  const name = at.word().toLowerCase();
  if (name === 'decimal') return at.take('(') ? `decimal(${at.untilClosing()})` : 'decimal(10, 0)';
  if (name === 'array') return `array(${at.inside('<', '>', () => columnType(at))[0]})`;
  if (name === 'map') return `map(${at.inside('<', '>', () => columnType(at)).join(', ')})`;
  if (name === 'struct') return `row(${at.inside('<', '>', () => `${at.identifier('hive')} ${(at.expect(':'), columnType(at))}`).join(', ')})`;
  if (!Object.hasOwn(scalarTypes, name)) throw new Refused(`An Iceberg table cannot have a column of type ${name} in Athena's DDL`);
  return scalarTypes[name];
}

/** Athena's `bucket(16, id)` as Trino's `bucket(id, 16)`. */
function partitionField(at) {
  const name = at.identifier('hive');
  const plain = (q) => (/^"[a-z_][a-z0-9_]*"$/.test(q) ? q.slice(1, -1) : q);
  if (!at.peek('(')) return plain(name);
  const args = at.list(() => (/^\d/.test(at.token?.text) ? at.next().text : plain(at.identifier('hive'))));
  return `${plain(name)}(${args.sort((a, b) => /^\d/.test(a) - /^\d/.test(b)).join(', ')})`;
}

/** Walks over the words, names and signs of one statement; blanks and comments are skipped. */
class Reader {
  #tokens;
  #i = 0;

  constructor(sql, database) {
    const pattern = /('(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|[A-Za-z_][\w$]*|\d[\w.]*)|--[^\n]*|\/\*[^]*?\*\/|\s+|([^])/g;
    this.#tokens = [...sql.matchAll(pattern)].filter((m) => m[1] ?? m[2]).map((m) => ({ text: m[0], start: m.index }));
    const semicolon = this.#tokens.findIndex((t) => t.text === ';');
    if (semicolon >= 0 && semicolon < this.#tokens.length - 1) throw new Refused(`Only one sql statement is allowed. Got: ${sql}`);
    this.sql = semicolon < 0 ? sql : sql.slice(0, this.#tokens[semicolon].start);
    if (semicolon >= 0) this.#tokens.pop();
    this.database = database;
  }

  get token() { return this.#tokens[this.#i]; }
  get done() { return this.#i === this.#tokens.length; }
  next() { return this.#tokens[this.#i++] ?? this.fail(); }
  rest() { const { start } = this.token ?? { start: this.sql.length }; this.#i = this.#tokens.length; return this.sql.slice(start); }
  end() { if (!this.done) this.fail(); }

  fail() {
    const where = this.token?.start ?? this.sql.length;
    const before = this.sql.slice(0, where).split('\n');
    throw new Refused(`line ${before.length}:${before.at(-1).length + 1}: mismatched input '${this.token?.text ?? '<EOF>'}'`);
  }

  peek(...words) { return words.every((w, k) => this.#tokens[this.#i + k]?.text.toUpperCase() === w); }
  take(...words) { const found = this.peek(...words); if (found) this.#i += words.length; return found; }
  expect(...words) { for (const w of words) if (!this.take(w)) this.fail(); }
  word() { return /^[A-Za-z_]/.test(this.token?.text) ? this.next().text : this.fail(); }
  string() { return this.token?.text[0] === "'" ? this.next().text.slice(1, -1).replaceAll("''", "'") : this.fail(); }

  /** A name, quoted for Trino. `style`: 'hive' takes backticks, 'dml' double quotes, undefined both. */
  identifier(style) {
    const quote = this.token?.text[0];
    if ((quote === '"' && style !== 'hive') || (quote === '`' && style !== 'dml')) {
      return quoted(this.next().text.slice(1, -1).replaceAll(quote + quote, quote).toLowerCase());
    }
    return quoted(this.word().toLowerCase());
  }

  /** `[catalog.][database.]table`; `style` in the result tells which quotes it had. */
  name({ style } = {}) {
    const start = this.#i;
    const parts = [this.identifier(style)];
    while (this.take('.')) parts.push(this.identifier(style));
    const used = this.#tokens.slice(start, this.#i).map((t) => t.text[0]);
    const key = [quoted(this.database), ...parts].slice(-2).map((p) => p.slice(1, -1)).join('.');
    return { sql: parts.join('.'), key, style: used.includes('"') ? 'dml' : used.includes('`') ? 'hive' : undefined };
  }

  /** The items of `( … , … )`. */
  list(item) { return this.inside('(', ')', item); }
  inside(open, close, item) {
    this.expect(open);
    const items = [item()];
    while (this.take(',')) items.push(item());
    this.expect(close);
    return items;
  }
  untilClosing() { let text = ''; while (!this.take(')')) text += this.next().text; return text; }

  /** A property's value: a string, a number, true or false, or ARRAY['…', …]. */
  value() {
    if (this.take('ARRAY')) return this.inside('[', ']', () => this.string());
    if (this.take('TRUE')) return true;
    if (this.take('FALSE')) return false;
    return /^\d/.test(this.token?.text) ? Number(this.next().text) : this.string();
  }
}
