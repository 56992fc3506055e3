// millrace query: SQL in Athena's dialect over the lake.
import { readFile } from 'node:fs/promises';
import { MillraceError } from '../../base/index.ts';
import type { QueryResult } from '../../warehouse/index.ts';
import { table } from '../terminal.ts';
import { withRuntime } from '../runtime.ts';
import { present, type Verb } from '../verb.ts';

export const query: Verb = {
  description: "Runs a SELECT in Athena's dialect over the lake; the same statement runs on Athena. Time travel (FOR VERSION AS OF, FOR TIMESTAMP AS OF) and metadata tables (\"silver\".\"orders$snapshots\") included.",
  options: [
    { flags: '-f, --file <path>', description: 'read the statement from a file' },
    { flags: '--csv', description: 'print comma-separated values (RFC 4180)' },
    { flags: '--as-of <date>', description: 'value of :as_of, where the statement uses it' },
  ],
  examples: [
    'millrace query "SELECT segment, count(*) AS customers FROM gold.customer_metrics GROUP BY segment"',
    'millrace query --csv "SELECT * FROM gold.product_metrics" > products.csv',
    'echo "SELECT 1" | millrace query',
    'millrace query "SELECT count(*) FROM silver.orders FOR VERSION AS OF 4815162342"',
  ],
  async run(invocation) {
    const sql = await statementOf(invocation.arguments[0], invocation.options['file']);
    if (sql.trim() === '') throw noStatement();
    await withRuntime(invocation, async (runtime) => {
      const engine = await runtime.engine();
      const result = await engine.query(sql, { parameters: await runtime.parameters(invocation.options['asOf'] as string | undefined, sql), signal: invocation.signal });
      if (invocation.options['csv'] === true) return invocation.terminal.out(toCsv(result));
      present(invocation, result.rows.map((row) => Object.fromEntries(result.columns.map(({ name }, i) => [name, row[i]]))), () => {
        invocation.terminal.out(table(invocation.terminal, result.columns.map(({ name }) => name), result.rows.map((row) => row.map(textOf))));
        invocation.terminal.err(`${result.rows.length} ${result.rows.length === 1 ? 'row' : 'rows'}\n`);
      });
    });
  },
};

function noStatement(): MillraceError {
  return new MillraceError('usage', 'no statement', { todo: 'millrace query "SELECT …", or --file, or a pipe.' });
}

async function statementOf(argument: string | undefined, file: unknown): Promise<string> {
  if (argument !== undefined && file !== undefined) throw new MillraceError('usage', 'give the statement or --file, not both');
  if (argument !== undefined) return argument;
  if (typeof file === 'string') {
    return readFile(file, 'utf8').catch((cause: unknown) => {
      throw new MillraceError('not_found', 'the file with the statement cannot be read', { where: file, cause });
    });
  }
  if (process.stdin.isTTY) throw noStatement();
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'object' ? JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? String(one) : one)) : String(value);
}

function toCsv({ columns, rows }: QueryResult): string {
  const cell = (value: unknown) => {
    if (value === null || value === undefined) return '';
    const text = textOf(value);
    return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.map(({ name }) => cell(name)), ...rows.map((row) => row.map(cell))].map((line) => line.join(',')).join('\r\n') + '\r\n';
}
