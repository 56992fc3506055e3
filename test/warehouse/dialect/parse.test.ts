// What a person is told about SQL that does not parse, and what is understood of SQL that does.
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../lib/warehouse/dialect/index.ts';

const told = (sql: string) => {
  const parsed = parseQuery(sql, { file: 'sql/gold/x.sql' });
  return parsed.ok ? undefined : { message: parsed.error.message, where: parsed.error.where, code: parsed.error.code };
};

describe('an error', () => {
  it('tells line, column, what was found and what was expected, with the line and carets', () => {
    expect(told('SELECT * FORM gold.daily_metrics')).toEqual({
      code: 'bad_input',
      where: 'sql/gold/x.sql:1:10',
      message: ['the SQL does not parse at line 1, column 10: found FORM, expected FROM or a comma', 'SELECT * FORM gold.daily_metrics', '         ^^^^'].join('\n'),
    });
  });

  it('counts lines through comments and strings', () => {
    expect(told("/* a\n   header */\nSELECT 'two\nlines',\n  a b c\nFROM t")?.where).toBe('sql/gold/x.sql:5:7');
  });

  it('shows the place in a long line', () => {
    const message = told(`SELECT ${'a, '.repeat(200)} FROM t`)?.message ?? '';
    expect(message.split('\n').map((line) => line.length).every((length) => length <= 120)).toBe(true);
    expect(message.split('\n').at(-1)?.indexOf('^')).toBe(message.split('\n').at(-2)?.indexOf('FROM'));
  });

  it.each([
    ['SELECT a FROM t WHERE', 'found the end, expected an expression'],
    ['SELECT a, FROM t', 'found FROM, expected an expression'],
    ["SELECT 'abc", 'found a string that is never closed'],
    ['SELECT "abc', 'found a quoted name that is never closed'],
    ['SELECT a FROM t GROUP a', 'found GROUP, expected GROUP BY'],
    ['SELECT CASE a END', 'found END, expected WHEN'],
    ['SELECT a FROM t JOIN u', 'found the end, expected ON or USING'],
    ['SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING) FROM t', 'found ), expected AND'],
    ['SELECT a FROM (SELECT b FROM t', 'found the end, expected )'],
    ['SELECT 1abc', 'found 1abc, expected a number or a name'],
    ['SELECT 1_000', 'found 1_000, expected'],
    ['SELECT 1e5x FROM t', 'found 1e5x, expected'],
    ['SELECT 0x1F', 'found 0x1F, expected'],
    ['SELECT * FROM silver.orders$snapshots', 'found $, expected SQL'],
    ['', 'found the end, expected SELECT'],
    ['DELETE FROM t', 'found DELETE, expected SELECT'],
    ['SELECT a b c', 'found c, expected a comma, FROM or WHERE'],
  ])('%s: %s', (sql, part) => {
    expect(told(sql)).toMatchObject({ code: 'bad_input' });
    expect(told(sql)?.message).toContain(part);
  });

  it.each([
    ['SELECT a::integer FROM t', 'the cast ::'],
    ['SELECT a FROM t QUALIFY row_number() OVER (ORDER BY a) = 1', 'QUALIFY'],
    ['SELECT a FROM t; SELECT b FROM t', 'more than one statement'],
    ["SELECT a FROM t WHERE a ILIKE 'x'", 'ILIKE'],
    ['SELECT a FROM t TABLESAMPLE BERNOULLI (10)', 'TABLESAMPLE'],
    ['WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x', 'WITH RECURSIVE'],
    ['SELECT * FROM a NATURAL JOIN b', 'NATURAL JOIN'],
    ['SELECT * FROM a, LATERAL (SELECT 1) AS b', 'LATERAL'],
    ['SELECT a > ALL (SELECT b FROM t)', 'a comparison with ALL'],
    ['SELECT json_object(1)', 'json_object'],
    ["SELECT U&'\\00e9'", 'Unicode escapes'],
  ])('names what Athena or others know and we do not allow: %s', (sql, part) => {
    expect(told(sql)).toMatchObject({ code: 'unsupported' });
    expect(told(sql)?.message).toContain(part);
  });
});

describe('a query', () => {
  it.each([
    'SELECT 1;',
    'VALUES (1, 2), (3, 4)',
    '(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1',
    'SELECT date, year, type, source, "order" FROM t',
    'SELECT a FROM ((SELECT 1 AS a)) AS t',
    'SELECT * FROM (a JOIN b ON a.x = b.x) LEFT JOIN c USING (x)',
    'SELECT count(*) FILTER (WHERE a > 1) FROM t HAVING count(*) > 0',
    'SELECT (SELECT max(a) FROM t), EXISTS (SELECT 1), a IN (SELECT b FROM u) FROM t',
    "SELECT DATE '2026-01-01' - INTERVAL '1' DAY AT TIME ZONE 'UTC'",
    'SELECT a -- a comment; with a semicolon\nFROM t /* and \n another */',
    'SELECT first_value(a) IGNORE NULLS OVER w FROM t WINDOW w AS (PARTITION BY b ORDER BY c)',
    'SELECT a FROM t OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY',
    'SELECT a AS row, if(a, b, c) AS end_date FROM t limit 3',
  ])('parses: %s', (sql) => {
    expect(told(sql)).toBeUndefined();
  });

  it('binds operators as Trino does', () => {
    const parsed = parseQuery("SELECT NOT a = 1 + 2 * 3 || 'x' OR b AND c");
    const body = parsed.ok && parsed.tree.body.kind === 'select' ? parsed.tree.body.items[0] : undefined;
    expect(body).toMatchObject({
      value: {
        operator: 'OR',
        left: { kind: 'unary', operator: 'NOT', operand: { operator: '=', right: { operator: '||', left: { operator: '+', right: { operator: '*' } } } } },
        right: { operator: 'AND' },
      },
    });
  });
});
