// What a person at the terminal meets: help, exit codes, errors that say what to do, output for programs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram, VERBS, type Terminal } from '../../lib/cli/index.ts';
import { openHome } from '../../lib/local/index.ts';

const project = path.resolve(import.meta.dirname, '../..');
let home: string;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'millrace-cli-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function millrace(...argv: string[]) {
  let out = '';
  let err = '';
  const terminal: Terminal = { out: (text) => void (out += text), err: (text) => void (err += text), interactive: false, colours: false, columns: 120 };
  const code = await runProgram(argv, VERBS, { project, version: '9.9.9', terminal, environment: {}, signal: new AbortController().signal });
  return { code, out, err };
}

describe('help', () => {
  it('lists every verb, with examples and exit codes', async () => {
    const { code, out } = await millrace('--help');
    expect(code).toBe(0);
    for (const { name } of VERBS) expect(out).toContain(name.split(' ')[0]);
    expect(out).toMatch(/Examples:[\s\S]*Exit codes: 0 done/);
  });

  it.each(VERBS.map((verb) => [verb.name, verb] as const))('explains %s', async (name, verb) => {
    const { code, out } = await millrace(...name.split(' '), '--help');
    expect(code).toBe(0);
    expect(out).toContain((await verb.load()).examples[0]);
    expect(out).toContain('--home <dir>');
    expect(out).toContain('--json');
  });

  it('says of groups of verbs what they are about', async () => {
    expect((await millrace('help')).out).toMatch(/keys +keys of the scoring API: create \| list \| revoke/);
    expect((await millrace('help', 'keys', 'create')).out).toContain('millrace keys create [options] <id>');
    for (const asked of [['keys', 'help', 'create'], ['keys', 'create', '-h']]) expect(await millrace(...asked)).toMatchObject({ code: 0, out: expect.stringContaining('keys create [options] <id>') as string });
  });

  it.each([[['help', 'trian'], 'train'], [['trian', '--help'], 'train'], [['trian', '-h'], 'train'], [['help', 'keys', 'creat'], 'create'], [['keys', 'creat', '--help'], 'create']])('is not the general one for a verb that there is not: %j', async (argv, near) => {
    expect(await millrace(...argv)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(new RegExp(`unknown command '\\w+'[^]*Did you mean ${near}\\?`)) as string });
  });

  it('prints its version', async () => {
    expect(await millrace('--version')).toMatchObject({ code: 0, out: '9.9.9\n' });
  });
});

describe('a contract', () => {
  it('is a page, a JSON Schema, or itself, without any home', async () => {
    expect((await millrace('contract')).out).toMatch(/source +version +owner[\s\S]*order_items +1\.0 +marketplace/);
    expect((await millrace('contract', 'order_items')).out).toMatch(/order_item_id[\s\S]*order_items\.price\.below_minimum/);
    expect(JSON.parse((await millrace('contract', 'order_items', '--schema')).out)).toMatchObject({ $schema: expect.stringContaining('json-schema.org') as string, type: 'object' });
    expect(JSON.parse((await millrace('contract', 'order_items', '--json')).out)).toMatchObject({ name: 'order_items', key: ['order_id', 'order_item_id'] });
    expect(await millrace('contract', 'order_item')).toMatchObject({ code: 4, err: expect.stringContaining('did you mean order_items') as string });
  });
});

describe('mistakes', () => {
  it('answers an unknown verb with the nearest one, and exit code 2', async () => {
    const { code, err } = await millrace('qurey');
    expect(code).toBe(2);
    expect(err).toMatch(/unknown command 'qurey'[\s\S]*query/);
  });

  it('answers an unknown option with exit code 2', async () => {
    expect(await millrace('tables', '--hom', home)).toMatchObject({ code: 2, err: expect.stringContaining("unknown option '--hom'") as string });
  });

  it('tells of a model that does not exist before any file is read', async () => {
    const { code, err } = await millrace('run', 'batch', '--select', 'gold.custmer_metrics', '--home', path.join(home, 'new'));
    expect(code).toBe(4);
    expect(err).toMatch(/no model is called 'gold.custmer_metrics'[\s\S]*did you mean gold.customer_metrics/);
  });

  it('says that there is no home, and how to make one', async () => {
    const { code, err } = await millrace('tables', '--home', path.join(home, 'nowhere'));
    expect(code).toBe(4);
    expect(err).toMatch(/there is no Millrace home here[\s\S]*to do {2}Run `millrace start`/);
  });

  it('gives a program the same error as JSON', async () => {
    const { code, err, out } = await millrace('tables', '--json', '--home', path.join(home, 'nowhere'));
    expect(code).toBe(4);
    expect(out).toBe('');
    expect(JSON.parse(err)).toMatchObject({ error: 'not_found', todo: expect.any(String) as string });
  });

  it('refuses a home of a newer version, and leaves it alone', async () => {
    await writeFile(path.join(home, 'home.json'), '{"format":99}');
    expect(await millrace('tables', '--home', home)).toMatchObject({ code: 7, err: expect.stringContaining('newer Millrace') as string });
  });

  it('points at what is wrong in a statement', async () => {
    await openHome(home, { create: true });
    const { code, err } = await millrace('query', 'SELECT * FORM gold.daily_metrics', '--home', home);
    expect(code).toBe(3);
    expect(err).toMatch(/does not parse at line 1, column 10: found FORM[\s\S]*SELECT \* FORM gold\.daily_metrics\n\s+\^{4}/);
  });

  it.each([
    [['tables', 'slver'], 4, /no tables in the namespace 'slver'/],
    [['test', 'gold.custmer_metrics'], 4, /no model is called 'gold.custmer_metrics'[^]*did you mean gold.customer_metrics/],
    [['train', 'conversion', '--trials', '5'], 2, /--trials is of the search for settings[^]*Give --tune too/],
    [['train', 'conversion', '--tune', '--trials', '2.5'], 2, /--trials wants a whole number from 1 to 1000, not '2.5'/],
    [['serve', '--port', '80.5'], 2, /--port wants a whole number from 0 to 65535/],
    [['start', '--rate', '0.5', '--api-port', ' ', '--port', 'x'], 2, /--port wants a whole number/],
    [['models', 'card'], 2, /nobody said whose card/],
    [['models', 'card', 'convrsion'], 4, /no version of convrsion[^]*There is no such predictor: there are .*conversion/],
    [['keys', 'create', 'web', '--scopes', 'price', 'predict:convrsion'], 2, /no predictor 'convrsion'[^]*There are .*conversion/],
    [['query', ' '], 2, /no statement/],
    [['describe', 'customer_metrics'], 2, /is not the name of a table/],
  ])('refuses %j', async (argv, wanted, message) => {
    await openHome(home, { create: true });
    expect(await millrace(...argv, '--home', home)).toMatchObject({ code: wanted, err: expect.stringMatching(message) as string });
  });

  it('refuses a date that is none', async () => {
    await openHome(home, { create: true });
    expect(await millrace('run', 'batch', '--as-of', '2018-02-30', '--home', home)).toMatchObject({ code: 2, err: expect.stringContaining('2018-02-30') as string });
  });
});

describe('query', () => {
  beforeEach(async () => {
    await openHome(home, { create: true });
  });

  it('shows rows to a person, and says how many', async () => {
    const { code, out, err } = await millrace('query', "SELECT 1 AS n, 'a' AS letter UNION ALL SELECT 22, NULL ORDER BY n", '--home', home);
    expect(code).toBe(0);
    expect(out).toBe(' n  letter\n 1  a\n22  NULL\n');
    expect(err).toBe('2 rows\n');
  });

  it('gives programs JSON that keeps large integers and decimals exact', async () => {
    const { out } = await millrace('query', 'SELECT 9007199254740993 AS big, CAST(1.10 AS decimal(18,4)) AS money', '--json', '--home', home);
    expect(JSON.parse(out)).toEqual([{ big: '9007199254740993', money: '1.1000' }]);
  });

  it('writes CSV that reads back: quotes, line breaks, NULL apart from empty text', async () => {
    const { out } = await millrace('query', "SELECT 'a\"b' AS x, 'c\nd' AS y, '' AS z, CAST(NULL AS varchar) AS n", '--csv', '--home', home);
    expect(out).toBe('x,y,z,n\r\n"a""b","c\nd","",\r\n');
  });

  it('reads the statement from a file', async () => {
    const file = path.join(home, 'q.sql');
    await writeFile(file, 'SELECT 40 + 2 AS answer');
    expect((await millrace('query', '--file', file, '--csv', '--home', home)).out).toBe('answer\r\n42\r\n');
  });
});
