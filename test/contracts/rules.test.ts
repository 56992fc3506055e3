// Rules: read with good error messages, and the same result in SQL and in JavaScript, unknowns included.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boolean, columnsOf, compileValidator, date, decimal, integer, money, source, text, timestamp, validationPlan, validationSql, type Contract } from '../../lib/contracts/index.ts';
import { parseRule, RuleError, typeOfColumn } from '../../lib/contracts/rules/index.ts';
import { openDuckDb, rowsOf, textTable } from './duckdb.ts';

const COLUMNS = {
  a: integer({ nullable: true }), b: integer({ nullable: true }), m: money({ nullable: true }), n: decimal({ precision: 9, scale: 3, nullable: true }),
  s: text({ nullable: true }), t: text({ nullable: true }), f: boolean({ nullable: true }), d: date({ nullable: true }), w: timestamp({ nullable: true }),
};

function contractWith(rules: Record<string, string>): Contract {
  return source('ruled', { description: 'Rules.', owner: 'tests', version: '1.0', files: {}, timeZone: 'UTC', currency: 'EUR', columns: COLUMNS, rules });
}
const TYPES = new Map(columnsOf(contractWith({})).map(({ name, column }) => [name, typeOfColumn(column)]));

/** Expressions of every type, as text. */
const expressions = fc.letrec<Record<'number' | 'text' | 'time' | 'condition', string>>((tie) => {
  const maybeNull = (arbitrary: fc.Arbitrary<string>) => fc.oneof({ weight: 12, arbitrary }, { weight: 1, arbitrary: fc.constant('NULL') });
  const pair = (kind: 'number' | 'text' | 'time') => fc.tuple(tie(kind), tie(kind));
  const comparison = fc.constantFrom('=', '<>', '!=', '<', '<=', '>', '>=');
  const branch = (kind: 'number' | 'text') => fc.tuple(tie('condition'), tie(kind), tie(kind)).map(([c, x, y]) => `CASE WHEN ${c} THEN ${x} ELSE ${y} END`);
  return {
    number: fc.oneof({ maxDepth: 3 }, maybeNull(fc.constantFrom('a', 'b', 'm', 'n', '0', '1', '2.50', '1000000')),
      fc.tuple(tie('number'), fc.constantFrom('+', '-', '*'), tie('number')).map(([x, o, y]) => `(${x} ${o} ${y})`), tie('number').map((x) => `(-${x})`), tie('number').map((x) => `abs(${x})`),
      tie('text').map((x) => `length(${x})`), fc.array(tie('number'), { minLength: 1, maxLength: 3 }).map((all) => `coalesce(${all.join(', ')})`), branch('number')),
    text: fc.oneof({ maxDepth: 3 }, maybeNull(fc.constantFrom('s', 't', "'x'", "'Ä_%'", "'it''s'", "''")), tie('text').map((x) => `lower(${x})`), tie('text').map((x) => `upper(${x})`), fc.tuple(tie('text'), tie('text')).map(([x, y]) => `coalesce(${x}, ${y})`), branch('text')),
    time: fc.oneof({ maxDepth: 3 }, maybeNull(fc.constantFrom('d', 'w', "DATE '2018-02-17'", "TIMESTAMP '2018-02-17 12:00:00.5'", "timestamp '2018-02-17T00:00'")), pair('time').map(([x, y]) => `coalesce(${x}, ${y})`)),
    condition: fc.oneof({ maxDepth: 3 }, maybeNull(fc.constantFrom('f', 'TRUE', 'false')),
      fc.tuple(tie('condition'), fc.constantFrom('AND', 'or'), tie('condition')).map(([x, o, y]) => `(${x} ${o} ${y})`), tie('condition').map((x) => `(NOT ${x})`),
      fc.oneof(pair('number'), pair('text'), pair('time')).chain(([x, y]) => comparison.map((o) => `(${x} ${o} ${y})`)),
      fc.oneof(tie('number'), tie('text'), tie('time'), tie('condition')).chain((x) => fc.constantFrom(`(${x} IS NULL)`, `(${x} is not null)`)),
      fc.tuple(tie('number'), tie('number'), tie('number'), fc.constantFrom('', 'NOT ')).map(([x, y, z, not]) => `(${x} ${not}BETWEEN ${y} AND ${z})`),
      fc.tuple(tie('text'), fc.array(tie('text'), { minLength: 1, maxLength: 3 }), fc.constantFrom('', 'not ')).map(([x, all, not]) => `(${x} ${not}in (${all.join(', ')}))`),
      fc.tuple(tie('text'), fc.constantFrom('%x%', '_', 'a%', '%\\%', '', '%', '__'), fc.constantFrom('', 'NOT ')).map(([x, p, not]) => `(${x} ${not}LIKE '${p}')`),
      fc.tuple(tie('text'), fc.constantFrom('^[a-z]+$', 'x', '.', '(a|b)c?', '^$')).map(([x, p]) => `regexp_like(${x}, '${p}')`), pair('text').map(([x, y]) => `starts_with(${x}, ${y})`)),
  };
});

const field = (values: readonly (string | null)[]) => fc.constantFrom(null, null, ...values);
const rows = fc.record({
  a: field(['0', '1', '-1', '9223372036854775807', '-9223372036854775808', '42']), b: field(['0', '5', '-7', '999999999999999999']), m: field(['0', '2.5', '-0.0001', '99999999999999.9999']), n: field(['0', '2.5', '-999999.999']),
  s: field(['x', 'X', 'Ä_%', 'äxa', 'ab', 'bc', '😀', '\uffff', "it's", 'ß', 'İ', 'a\nb', '\\%', ' ']), t: field(['x', 'a', 'ǅ', 'ᾳ', 'zz', '😀😀']), f: field(['true', 'no']), d: field(['2018-02-17', '2018-02-18', '0001-01-01', '9999-12-31']),
  w: field(['2018-02-17 12:00:00.5', '2018-02-17T00:00', '2018-02-17 12:00:00.500001', '1900-01-01 00:00:00', '2018-02-17T10:00:00-02:00']),
});

function wrongAt(rule: string): string {
  try {
    parseRule(rule, TYPES);
  } catch (error) {
    if (error instanceof RuleError) return `${error.at + 1}: ${error.message}`;
    throw error;
  }
  return 'nothing is wrong';
}

describe('rules', { timeout: 120_000 }, () => {
  it('mean the same in SQL and in JavaScript', async () => {
    const seed = Number(process.env['MILLRACE_TEST_SEED'] ?? 3);
    const rules = Object.fromEntries(fc.sample(expressions.condition, { numRuns: 140, seed }).filter((rule) => wrongAt(rule) === 'nothing is wrong').map((rule, at) => [`r${at}`, rule]));
    expect(Object.keys(rules).length).toBeGreaterThan(80);
    const contract = contractWith(rules);
    const records = fc.sample(rows, { numRuns: 80, seed });
    const validate = compileValidator(validationPlan(contract));
    const byJavaScript = records.map((record) => validate(record).failures.map(({ reason }) => reason));
    const connection = await openDuckDb();
    const names = Object.keys(COLUMNS);
    await textTable(connection, 'incoming', ['_at', ...names], records.map((record, at) => [String(at).padStart(6, '0'), ...names.map((name) => record[name as keyof typeof record])]));
    const bySql = (await rowsOf(connection, `SELECT _failures FROM (${validationSql(contract, 'incoming')}) ORDER BY _at`)).map(([failures]) => (failures as string[] | null) ?? []);
    connection.closeSync();
    const different = records.flatMap((record, at) => {
      const [sql, js] = [new Set(bySql[at]), new Set(byJavaScript[at])];
      return Object.entries(rules).filter(([name]) => sql.has(`ruled.${name}`) !== js.has(`ruled.${name}`)).map(([name, rule]) => ({ rule, fails: { sql: sql.has(`ruled.${name}`), js: js.has(`ruled.${name}`) }, record }));
    });
    expect(different.slice(0, 3)).toEqual([]);
    expect(byJavaScript.flat().length).toBeGreaterThan(150);
  });

  it('say what is wrong and where', () => {
    expect(wrongAt('a > 0')).toBe('nothing is wrong');
    expect(wrongAt('price > 0')).toBe('1: there is no column price; columns are a, b, m, n, s, t, f, d, w');
    expect(wrongAt('a > 0 AND')).toBe('10: the rule ends where a value is expected');
    expect(wrongAt('a + s > 0')).toBe('3: + needs numbers, and this is a number + a text');
    expect(wrongAt("a = 'x'")).toBe('3: a number cannot be compared with a text');
    expect(wrongAt('a / b > 2')).toMatch(/^3: \/ does not give exact results: multiply the other side instead/);
    expect(wrongAt('a')).toBe('1: a rule is true or false, and this is a number');
    expect(wrongAt("sha256(s) = 'x'")).toMatch(/^1: the function sha256 is not part of rules/);
    expect(wrongAt("s = 'x")).toBe('5: a string that starts here has no end');
    expect(wrongAt('a ~ 3')).toBe('3: ~ is not part of a rule');
    expect(wrongAt("d > DATE '2018-02-30'")).toMatch(/^10: 2018-02-30 is no date/);
    expect(wrongAt('a > 0 b')).toBe('7: b is not expected here');
    expect(wrongAt('a * a * a > 0')).toBe('7: the result of * can have more than 38 digits');
    expect(wrongAt("regexp_like(s, '(?=x)')")).toMatch(/^1: the pattern .* looks around/);
    expect(wrongAt('a NOT = 3')).toBe('7: NOT is followed by BETWEEN, IN or LIKE here');
    expect(wrongAt('s IN ()')).toMatch(/^\d: /);
    expect(wrongAt('f AND a')).toMatch(/a condition is expected/);
  });
});
