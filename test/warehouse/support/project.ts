// Models given as texts, with the project's own audits.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Contract } from '../../../lib/contracts/index.ts';
import { projectOf, type Project } from '../../../lib/warehouse/index.ts';

const AUDITS = join(import.meta.dirname, '../../../sql/audits');

/** Models by name, each with header and SELECT. */
export function projectFrom(models: Readonly<Record<string, string>>, contracts: readonly Contract[] = []): Project {
  const audits = readdirSync(AUDITS).map((file) => ({ layer: 'audits', name: file.replace('.sql', ''), path: join(AUDITS, file), text: readFileSync(join(AUDITS, file), 'utf8') }));
  const files = Object.entries(models).map(([name, text]) => {
    const [layer = '', table = ''] = name.split('.');
    return { layer, name: table, path: `sql/${layer}/${table}.sql`, text };
  });
  return projectOf([...audits, ...files], new Map(contracts.map((contract) => [contract.name, contract])), { 'ops.files': undefined, 'ops.runs': undefined });
}

/** A model's text from header lines and a SELECT. */
export function model(header: string, sql: string): string {
  return `/*\ndescription: A table.\nowner: tests\n${header.trim()}\n*/\n${sql}`;
}
