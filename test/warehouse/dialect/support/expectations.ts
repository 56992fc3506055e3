// Expressions and queries with what a live Trino answered to them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Types and rows as Trino's protocol has them, or the name of its error. */
export type Answer = { types: readonly string[]; rows: readonly (readonly unknown[])[] } | { error: string };

const FOLDER = join(import.meta.dirname, '..');
export const ANSWERS_FILE = join(FOLDER, 'trino-answers.json');

/** The lines of expressions/*.sql: an expression, or a query that starts with SELECT, WITH or VALUES. Comments start with --. */
export function expressionFiles(): Map<string, string[]> {
  const folder = join(FOLDER, 'expressions');
  return new Map(readdirSync(folder).sort().map((file) => {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('--'));
    return [file.replace('.sql', ''), [...new Set(lines)]];
  }));
}

/** What was recorded, by line. */
export function answers(): Map<string, Answer> {
  const { answers: recorded } = JSON.parse(readFileSync(ANSWERS_FILE, 'utf8')) as { answers: Record<string, Answer> };
  return new Map(Object.entries(recorded));
}

export const asQuery = (line: string): string => (/^(SELECT|WITH|VALUES)\b/.test(line) ? line : `SELECT ${line}`);
