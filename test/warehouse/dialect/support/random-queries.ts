// Random queries over two tables: groups, windows, joins, sets, subqueries, arrays as rows.
import type { Random } from './random.ts';

export const TABLE_COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ['id', 'bigint'], ['g', 'integer'], ['h', 'varchar'], ['d', 'date'], ['m', 'decimal(18,4)'], ['v', 'double'], ['ts', 'timestamp(6)'], ['f', 'boolean'], ['l', 'bigint'],
];
const NAMES = TABLE_COLUMNS.map(([name]) => name);
const NUMBERS = ['g', 'm', 'v', 'l', 'id'];

/** A table as a SELECT over VALUES: so many rows, `id` from `first` on, few distinct values, many NULLs. */
export function randomTable(random: Random, rows: number, first: number): string {
  const cells = (id: number): string[] => [
    String(id), random.pick(['1', '2', '3', 'NULL']), random.pick(["'a'", "'b'", "'ß'", "''", 'NULL']),
    random.pick(["DATE '2026-01-30'", "DATE '2026-01-31'", "DATE '2026-02-28'", "DATE '2026-03-01'", 'NULL']),
    random.pick(['10.5000', '-3.2500', '0.0000', '99.9999', '10.5000', 'NULL']), random.pick(['1.5e0', '-2e0', '0e0', '1e3', '3.25e0', 'NULL']),
    random.pick(["TIMESTAMP '2026-01-31 10:00:00.123456'", "TIMESTAMP '2026-02-28 23:59:59.999999'", 'NULL']), random.pick(['true', 'false', 'NULL']),
    random.pick(['5', '7', '-7', '0', 'NULL']),
  ];
  const values = Array.from({ length: rows }, (_, index) => `(${cells(first + index).map((cell, at) => `CAST(${cell} AS ${TABLE_COLUMNS[at]?.[1]})`).join(', ')})`);
  return `SELECT * FROM (VALUES ${values.join(', ')}) AS t(${NAMES.join(', ')})`;
}

export class RandomQueries {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  /** A SELECT over tables `a` and `b`, without WITH. Ordered only where a LIMIT makes that matter. */
  next(): string {
    const { random } = this;
    const roll = random.next();
    if (roll < 0.3) return this.grouped();
    if (roll < 0.38) return `SELECT ${this.aggregate()}, ${this.aggregate()}, ${this.aggregate()} FROM a WHERE ${this.condition()} AND ${this.condition()}`;
    if (roll < 0.65) return `SELECT id, ${this.windowed()} AS w1, ${this.windowed()} AS w2, ${this.windowed()} AS w3 FROM a${random.chance(0.3) ? ` WHERE ${this.condition()}` : ''}`;
    if (roll < 0.82) return this.join();
    if (roll < 0.9) return this.set();
    return this.subquery();
  }

  private key(): string {
    const { random } = this;
    return random.choose(() => random.pick(NAMES), () => "coalesce(h, '?')", () => "date_trunc('month', d)", () => 'l / 2', () => 'year(ts)', () => "CASE WHEN m > 5 THEN 'x' END");
  }

  private condition(alias = ''): string {
    const { random } = this;
    const column = (name: string) => alias + name;
    return random.choose(
      () => `${column(random.pick(NUMBERS))} > ${random.pick(['0', '2', '1.5', '-1e0'])}`, () => `${column('h')} IN ('a', 'ß')`, () => `${column('d')} >= DATE '2026-01-31'`,
      () => column('f'), () => `${column(random.pick(NAMES))} IS NOT NULL`, () => `${column('h')} LIKE '_'`, () => `NOT (${column('g')} = ${column('l')})`,
    );
  }

  private aggregate(alias = ''): string {
    const { random } = this;
    const column = (from: readonly string[] = NAMES) => alias + random.pick(from);
    const distinct = random.chance(0.2) ? 'DISTINCT ' : '';
    const filtered = (call: string) => (random.chance(0.25) ? `${call} FILTER (WHERE ${this.condition(alias)})` : call);
    return random.choose(
      () => filtered('count(*)'), () => filtered(`count(${distinct}${column()})`), () => filtered(`sum(${distinct}${column(NUMBERS)})`),
      () => filtered(`avg(${column(NUMBERS)})`), () => filtered(`min(${column()})`), () => filtered(`max(${column()})`),
      () => filtered(`max_by(${alias}h, ${alias}id)`), () => filtered(`min_by(${column()}, ${alias}id)`), () => filtered(`bool_or(${alias}f)`),
      () => filtered(`count_if(${alias}f)`), () => filtered(`stddev(${column(NUMBERS)})`), () => filtered(`var_pop(${column(NUMBERS)})`),
      () => filtered(`array_agg(${column()} ORDER BY ${alias}id ${random.pick(['', 'DESC'])})`), () => `sum(${alias}m * ${alias}l)`, () => `sum(${alias}m) / count(*)`,
      () => `sum(${alias}l) / 4`, () => `coalesce(sum(${alias}m), 0)`, () => filtered(`listagg(${alias}h, ',') WITHIN GROUP (ORDER BY ${alias}id)`),
    );
  }

  private grouped(): string {
    const { random } = this;
    const totals = random.chance(0.2);
    const keys = totals ? ['g', 'h'] : [...new Set([this.key(), ...(random.chance(0.5) ? [this.key()] : [])])];
    const sets = random.pick(['ROLLUP (g, h)', 'CUBE (g, h)', 'GROUPING SETS ((g), (h), ())', 'GROUPING SETS ((g, h), (g))']);
    const groupBy = totals ? sets : random.chance(0.3) ? keys.map((_, at) => at + 1).join(', ') : keys.join(', ');
    const items = [...keys.map((key, at) => `${key} AS k${at}`), this.aggregate(), this.aggregate(), this.aggregate(), ...(totals ? ['grouping(g, h)'] : [])];
    return `SELECT ${items.join(', ')} FROM a${random.chance(0.5) ? ` WHERE ${this.condition()}` : ''} GROUP BY ${groupBy}${random.chance(0.3) ? ' HAVING count(*) > 1' : ''}`;
  }

  private windowed(): string {
    const { random } = this;
    const partition = random.chance(0.5) ? `PARTITION BY ${random.pick(['g', 'h', 'f', 'l / 3'])} ` : '';
    const order = `${partition}ORDER BY ${random.pick(['id', 'id DESC', 'h, id', 'd DESC, id', 'g NULLS FIRST, id DESC'])}`;
    const frame = random.pick(['', ' ROWS UNBOUNDED PRECEDING', ' ROWS BETWEEN 2 PRECEDING AND CURRENT ROW', ' ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING',
      ' ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING', ' RANGE UNBOUNDED PRECEDING', ' ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING',
      ' GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW', ' ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING']);
    const days = random.pick(['', " RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW", " RANGE BETWEEN INTERVAL '1' MONTH PRECEDING AND INTERVAL '1' DAY FOLLOWING"]);
    const nulls = random.pick([' IGNORE NULLS', ' RESPECT NULLS', '']);
    const any = () => random.pick(NAMES);
    const over = (call: string) => `${call} OVER (${order}${frame})`;
    return random.choose(
      () => `row_number() OVER (${order})`, () => `rank() OVER (${partition}ORDER BY ${random.pick(['g', 'h', 'd DESC'])})`,
      () => `dense_rank() OVER (${partition}ORDER BY ${random.pick(['g DESC', 'v'])})`, () => `percent_rank() OVER (${partition}ORDER BY ${random.pick(['g', 'v'])})`,
      () => `cume_dist() OVER (${partition}ORDER BY m)`, () => `ntile(${random.pick(['1', '3', '5'])}) OVER (${order})`,
      () => `lag(${any()}${random.pick(['', ', 2'])})${nulls} OVER (${order})`, () => `lead(m, 1, 0)${nulls} OVER (${order})`,
      () => over(`first_value(${any()})${nulls}`), () => over(`last_value(${any()})${nulls}`), () => over(`nth_value(${any()}, 2)${nulls}`),
      () => over(`sum(${random.pick(NUMBERS)})`), () => over(`avg(${random.pick(NUMBERS)})`), () => over('count(*)'), () => over('count(h)'), () => over(`max(${any()})`),
      () => over('max_by(h, id)'), () => `sum(m) OVER (${partition}ORDER BY d${days})`, () => `count(*) OVER (${partition}ORDER BY d${days})`,
    );
  }

  private join(): string {
    const { random } = this;
    const type = random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'CROSS JOIN']);
    const on = type === 'CROSS JOIN' ? '' : ` ON ${random.pick(['x.id = y.id', 'x.g = y.g', 'x.h = y.h AND x.g = y.l', 'x.g = y.m', 'x.d = y.d AND x.id < y.id', 'x.d = y.ts'])}`;
    if (type !== 'CROSS JOIN' && random.chance(0.2)) {
      const names = random.pick([['id'], ['g'], ['g', 'h']]);
      const right = ['id', 'g', 'h'].map((name) => (names.includes(name) ? name : `${name} AS ${name}2`)).join(', ');
      return `SELECT * FROM (SELECT id, g, h, m AS m1 FROM a) AS x ${type} (SELECT ${right} FROM b) AS y USING (${names.join(', ')})`;
    }
    const where = random.chance(0.3) ? ` WHERE ${this.condition('x.')}` : '';
    return random.choose(
      () => `SELECT x.id AS i1, y.id AS i2, x.${random.pick(NAMES)} AS c1, y.${random.pick(NAMES)} AS c2, coalesce(x.m, y.m) AS c3 FROM a AS x ${type} b AS y${on}${where}`,
      () => `SELECT x.g, ${this.aggregate('y.')} AS a1, ${this.aggregate('x.')} AS a2 FROM a AS x ${type} b AS y${on} GROUP BY x.g`,
    );
  }

  private set(): string {
    const { random } = this;
    const first = random.pick(NAMES);
    const operator = random.pick(['UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT', 'EXCEPT ALL', 'INTERSECT ALL']);
    return `SELECT ${first}, ${random.pick(NUMBERS)} FROM a ${operator} SELECT ${first}, ${random.pick(NUMBERS)} FROM b`;
  }

  private subquery(): string {
    const { random } = this;
    const key = random.pick(['g', 'l', 'id']);
    return random.pick([
      `SELECT id, (SELECT ${random.pick(['max(y.id)', 'count(*)', 'sum(y.m)'])} FROM b AS y WHERE y.h = x.h) AS s FROM a AS x`,
      `SELECT id FROM a AS x WHERE ${random.pick(['', 'NOT '])}EXISTS (SELECT 1 FROM b AS y WHERE y.g = x.g AND y.id > x.id)`,
      `SELECT id FROM a WHERE ${key} ${random.pick(['', 'NOT '])}IN (SELECT ${random.pick(['g', 'l', 'id'])} FROM b WHERE ${this.condition()})`,
      'SELECT x.id, u.e, u.n FROM a AS x CROSS JOIN UNNEST(sequence(1, x.g)) WITH ORDINALITY AS u(e, n)',
      "SELECT x.id, u.e FROM a AS x LEFT JOIN UNNEST(ARRAY[x.h, 'k']) AS u(e) ON TRUE",
      "SELECT u.e, count(*) FROM a AS x CROSS JOIN UNNEST(sequence(x.d, DATE '2026-03-02', INTERVAL '1' MONTH)) AS u(e) GROUP BY 1",
      'SELECT z.*, s / nullif(g, 0) AS q, rank() OVER (ORDER BY s DESC, g) AS r FROM (SELECT g, sum(m) AS s FROM a GROUP BY g) AS z',
      `SELECT ${random.pick(['g', 'h'])} AS k, id FROM a ORDER BY k ${random.pick(['DESC', 'ASC'])}${random.pick([' NULLS FIRST', ''])}, id LIMIT ${random.pick(['3', '5', '10'])}`,
      'SELECT DISTINCT g, h FROM a ORDER BY h DESC, g LIMIT 4',
      'SELECT g, sum(sum(m)) OVER (ORDER BY g) AS s, rank() OVER (ORDER BY count(*) DESC, g) AS k FROM a GROUP BY g',
    ]);
  }
}
