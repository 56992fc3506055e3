// Records what a live Trino answers for the typed relations of typed-cases.ts: TRINO_PORT=18080 npx tsx test/contracts/record-typed.ts
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { typedColumns, typedSelect } from '../../lib/contracts/index.ts';
import { asText, bronzeRows, bronzeTypes, TYPED_CASES, type TypedCase } from './typed-cases.ts';

interface Page { nextUri?: string; data?: unknown[][]; error?: { message: string } }

async function query(sql: string): Promise<unknown[][]> {
  const headers = { 'X-Trino-User': 'tests', 'X-Trino-Time-Zone': 'UTC' };
  let page = (await (await fetch(`http://127.0.0.1:${process.env['TRINO_PORT'] ?? 18080}/v1/statement`, { method: 'POST', body: sql, headers })).json()) as Page;
  const rows = [...(page.data ?? [])];
  while (page.nextUri !== undefined) {
    page = (await (await fetch(page.nextUri, { headers })).json()) as Page;
    if (page.error !== undefined) throw new Error(`${page.error.message}\n${sql}`);
    rows.push(...(page.data ?? []));
  }
  return rows;
}

function valuesOf(typedCase: TypedCase): string {
  const types = bronzeTypes(typedCase.contract);
  const literal = (value: string | null, type: string) => (value === null ? `CAST(NULL AS ${type})` : `CAST('${value.replaceAll("'", "''")}' AS ${type})`);
  const rows = bronzeRows(typedCase).map((row) => `(${row.map((value, at) => literal(value, types[at]!.type)).join(', ')})`);
  return `(SELECT * FROM (VALUES ${rows.join(', ')}) AS v(${types.map(({ name }) => `"${name}"`).join(', ')}))`;
}

const recorded: Record<string, { sql: string; rows: unknown[][] }> = {};
for (const typedCase of TYPED_CASES) {
  const { contract } = typedCase;
  const sql = typedSelect(contract);
  const rows = await query(asText(sql, typedColumns(contract)).replaceAll(`bronze.${contract.name}`, valuesOf(typedCase)));
  recorded[contract.name] = { sql, rows };
}
const lines = Object.entries(recorded).map(([name, { sql, rows }]) => `${JSON.stringify(name)}: {"sql": ${JSON.stringify(sql)}, "rows": [\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]}`);
await writeFile(join(import.meta.dirname, 'recorded/typed.json'), `{\n${lines.join(',\n')}\n}\n`);
