// A contract that changes: what is compatible flows into bronze, what breaks is refused before a row comes in.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { id, integer, source, text, type SourceDeclaration } from '../../lib/contracts/index.ts';
import { ensureSourceTables } from '../../lib/ingest/index.ts';
import { openFolderLake, type Lake } from '../../lib/lake/index.ts';

let folder: string;
let lake: Lake;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-versions-'));
  lake = openFolderLake(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const people = (more: Partial<SourceDeclaration> = {}) => source('people', {
  description: 'People.', owner: 'tests', version: '1.0', timeZone: 'UTC', key: ['person_id'], columns: { person_id: id(), age: integer() }, ...more,
});
const columns = async () => (await lake.loadTable({ namespace: 'bronze', name: 'people' })).schema.fields.map(({ name }) => name).filter((name) => !name.startsWith('_'));

describe('a contract', () => {
  it('that only accepts more flows through, and the table gets its columns', async () => {
    await ensureSourceTables(lake, people());
    await ensureSourceTables(lake, people({ columns: { person_id: id(), age: integer({ nullable: true }), city: text({ nullable: true }) } }));
    expect(await columns()).toEqual(['person_id', 'age', 'city']);
    // What was added is known now, and cannot be taken away without a word.
    await expect(ensureSourceTables(lake, people({ version: '1.1' }))).rejects.toMatchObject({ message: expect.stringContaining('people.city is gone') as string });
  });

  it('that breaks what was accepted is refused, and told what breaks', async () => {
    await ensureSourceTables(lake, people());
    await expect(ensureSourceTables(lake, people({ timeZone: 'Europe/Berlin', columns: { person_id: id(), age: text() } }))).rejects.toMatchObject({
      code: 'conflict',
      message: 'the contract of people breaks what was accepted by version 1.0: people.age is text now, not integer: readers would get another type; '
        + 'people has the time zone Europe/Berlin instead of UTC: every local time would be another instant',
      todo: expect.stringContaining('version 2.0') as string,
    });
  });

  it('of a new major version may break what was accepted', async () => {
    await ensureSourceTables(lake, people());
    await ensureSourceTables(lake, people({ version: '2.0', timeZone: 'Europe/Berlin' }));
    await expect(ensureSourceTables(lake, people())).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('accepted by version 2.0') as string });
  });

  it('is the same contract only while its rules are in the same order, which decides what reason comes first', async () => {
    const rules = { a: 'age > 1', b: 'age > 2' };
    await ensureSourceTables(lake, people({ rules }));
    const kept = async () => (await lake.loadTable({ namespace: 'bronze', name: 'people' })).properties['millrace.contract'];
    const before = await kept();
    await ensureSourceTables(lake, people({ rules: { b: rules.b, a: rules.a } }));
    expect(await kept()).not.toBe(before);
  });
});
