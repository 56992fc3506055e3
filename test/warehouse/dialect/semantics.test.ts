// Every recorded expression is either refused by name, or gives on DuckDB what Trino gave. There is no third outcome.
import { afterAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../../lib/base/index.ts';
import { analyse, check } from '../../../lib/warehouse/dialect/index.ts';
import { FUNCTION_GROUPS } from '../../../lib/warehouse/dialect/functions/registry.ts';
import { duckDbType } from '../../../lib/warehouse/dialect/types/types.ts';
import { parseType } from '../../../lib/warehouse/dialect/types/parse.ts';
import { Duck } from './support/duckdb.ts';
import { answers, asQuery, expressionFiles, type Answer } from './support/expectations.ts';
import { equal, normal, plainType } from './support/values.ts';

const duck = await Duck.open();
afterAll(() => duck.close());
const recorded = answers();
const noTables = { columns: () => undefined };

/** What is wrong with a query in a model, before it runs. */
function refusal(sql: string): MillraceError | undefined {
  const [first] = check(sql, { file: 'sql/gold/x.sql' });
  if (first) return first;
  try {
    analyse(sql, { ...noTables, file: 'sql/gold/x.sql' });
    return undefined;
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
}

async function differences(line: string, expected: Answer): Promise<string[]> {
  const answer = await duck.answer(asQuery(line)).catch((error: Error) => ({ failed: error.message }));
  if ('failed' in answer) return 'error' in expected ? [] : [`fails: ${answer.failed}`];
  if ('error' in expected) return [`gives ${JSON.stringify(answer.rows)} where Trino fails with ${expected.error}`];
  const found: string[] = [];
  for (const [index, type] of answer.types.entries()) {
    const trinoType = plainType(expected.types[index] ?? '');
    const isNull = expected.rows.every((row) => row[index] === null);
    // Trino types NULL as it likes; so do we.
    if (!isNull && plainType(type) !== trinoType) found.push(`column ${index} is ${type}, in Trino ${trinoType}`);
    if (type !== 'unknown' && !isNull && !sameDuckDbType(answer.duckDbTypes[index] ?? '', type)) found.push(`DuckDB holds column ${index} as ${answer.duckDbTypes[index]}`);
  }
  const [ours, theirs] = [answer.rows, expected.rows].map((rows) => rows.map((row) => row.map((value, index) => normal(value, plainType(answer.types[index] ?? '')))));
  if (!equal(ours, theirs)) found.push(`gives ${JSON.stringify(ours)}, Trino ${JSON.stringify(theirs)}`);
  return found;
}

/** Decimal literals alone keep DuckDB's digits. */
function sameDuckDbType(duckDb: string, athena: string): boolean {
  const wanted = duckDbType(parseType(athena));
  const plain = (type: string) => type.replaceAll(', ', ',').replace('TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ');
  return plain(duckDb) === plain(wanted);
}

describe.each([...expressionFiles()])('%s', (_, lines) => {
  it.each(lines)('%s', async (line) => {
    const expected = recorded.get(line);
    expect(expected, 'it was not recorded: run test/verify/record-dialect.ts').toBeDefined();
    const refused = refusal(asQuery(line));
    if (refused === undefined) return expect(await differences(line, expected as Answer)).toEqual([]);
    // What Athena can do is refused as not allowed, what it cannot may also be plainly wrong. Either way the place is told.
    if (!('error' in (expected as Answer))) expect(refused.code).toBe('unsupported');
    expect(refused.message).toMatch(/at line 1, column \d+/);
    expect(refused.where).toMatch(/^sql\/gold\/x\.sql:1:\d+$/);
  });
});

it('covers every function that models may use with at least three expectations', () => {
  const lines = [...recorded.keys()].filter((line) => refusal(asQuery(line)) === undefined);
  const written = (name: string) => new RegExp(`\\b${name}\\(|^${name === 'position' ? 'position' : name}\\(`, 'i');
  const names = Object.values(FUNCTION_GROUPS).flat().filter(({ use }) => use === 'everywhere').flatMap(({ signatures }) => signatures.map(({ name }) => name));
  const bare = [...new Set(names)].filter((name) => lines.filter((line) => written(name).test(line)).length < 3);
  expect(bare).toEqual([]);
});
