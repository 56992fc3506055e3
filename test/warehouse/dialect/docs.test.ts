// docs/sql.md lists exactly the functions that are allowed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { functionReference } from '../../../lib/warehouse/dialect/reference.ts';

const FILE = join(import.meta.dirname, '../../../docs/sql.md');
const SECTION = /(<!-- functions -->\n)[^]*(<!-- \/functions -->)/;

it('tells of every allowed function, and of no other', () => {
  const before = readFileSync(FILE, 'utf8');
  const after = before.replace(SECTION, (_, open: string, close: string) => `${open}${functionReference()}\n${close}`);
  if (process.env['MILLRACE_WRITE_DOCS'] === '1') writeFileSync(FILE, after);
  else expect(before, 'write it anew with MILLRACE_WRITE_DOCS=1').toBe(after);
});
