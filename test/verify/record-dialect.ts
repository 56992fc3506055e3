// Asks a live Trino for the answer to every expression in test/warehouse/dialect/expressions and writes them down.
// usage: node --import tsx test/verify/record-dialect.ts [port of a running Trino]
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ANSWERS_FILE, asQuery, expressionFiles } from '../warehouse/dialect/support/expectations.ts';
import { trinoAnswer } from './support/trino-answer.ts';
import { startTrino } from './support/trino.ts';

const given = process.argv[2];
const server = given === undefined ? await startTrino(mkdtempSync(join(tmpdir(), 'millrace-trino-'))) : undefined;
const port = server?.port ?? Number(given);
try {
  const lines: string[] = [];
  for (const line of new Set([...expressionFiles().values()].flat())) {
    lines.push(`    ${JSON.stringify(line)}: ${JSON.stringify(await trinoAnswer(asQuery(line), port))}`);
  }
  writeFileSync(ANSWERS_FILE, `{\n  "engine": "Trino 449",\n  "answers": {\n${lines.join(',\n')}\n  }\n}\n`);
} finally {
  await server?.stop();
}
