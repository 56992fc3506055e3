// Pseudonyms: the same from SQL and from JavaScript, and the same for what is the same person.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pseudonymise, pseudonymPrelude, pseudonymSql, type PiiClass, type PseudonymKey } from '../../lib/contracts/index.ts';
import { compatibilityCharacters } from '../../lib/contracts/pii/compatibility.ts';
import { openDuckDb, rowsOf, textTable } from './duckdb.ts';

const KEY: PseudonymKey = { id: 'k1', secret: Buffer.from('0123456789abcdef0123456789abcdef') };
const CLASSES: readonly PiiClass[] = ['name', 'email', 'phone', 'street'];

async function bySql(values: readonly (string | null)[], key: PseudonymKey): Promise<unknown[][]> {
  const connection = await openDuckDb();
  for (const statement of pseudonymPrelude(key)) await connection.run(statement);
  await textTable(connection, 'people', ['row', 'value'], values.map((value, at) => [String(at).padStart(6, '0'), value]));
  const rows = await rowsOf(connection, `SELECT ${CLASSES.map((pii) => pseudonymSql(pii, 'value', key.id)).join(', ')} FROM people ORDER BY "row"`);
  connection.closeSync();
  return rows;
}

/** Characters that a newer Unicode than this Node's may have given a lower case are left out. */
const settled = (text: string) => !/[^\p{Assigned}]|[\u{1c80}-\u{1c8f}\u{a7c0}-\u{a7ff}\u{10d50}-\u{10d8f}\u{16ea0}-\u{16edf}\ufeff]/u.test(text);

describe('pseudonyms', { timeout: 120_000 }, () => {
  it('are the same from SQL and from JavaScript', async () => {
    const odd = fc.constantFrom(...compatibilityCharacters().keys(), ' ', '\t', '\n', '\u00a0', '\u3000', 'é', 'e\u0301', 'Å', 'A\u030a', 'İ', 'ß', 'Σ', 'Ω', '가', '가', '+', '(', '1', '٣', 'ﬁ', 'Ａ', '\0', '\u0323', '\u0307', 's');
    const text = fc.oneof(fc.array(odd, { maxLength: 6 }).map((parts) => parts.join('')), fc.string({ unit: 'binary', maxLength: 12 }).filter(settled), fc.string({ maxLength: 20 }));
    const values = [null, '', ' ', ...fc.sample(text.filter(settled), { numRuns: 1_500, seed: Number(process.env['MILLRACE_TEST_SEED'] ?? 8) })];
    const expected = values.map((value) => CLASSES.map((pii) => pseudonymise(pii, value, KEY)));
    const seen = await bySql(values, KEY);
    const different = values.flatMap((value, at) => (seen[at]!.join() === expected[at]!.join() ? [] : [{ value, seen: seen[at], expected: expected[at] }]));
    expect(different.slice(0, 3)).toEqual([]);
  });

  it('know every character that has a compatibility form', () => {
    const missing: string[] = [];
    for (let code = 0x80; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      if (character.normalize('NFKC') !== character.normalize('NFC') && !compatibilityCharacters().has(character)) missing.push(code.toString(16));
    }
    expect(missing).toEqual([]);
  });

  it('take keys longer than a block of SHA-256, as HMAC does', async () => {
    const long: PseudonymKey = { id: 'long', secret: Buffer.alloc(100, 7) };
    expect(await bySql(['Ana Souza'], long)).toEqual([CLASSES.map((pii) => pseudonymise(pii, 'Ana Souza', long))]);
  });

  it('are one for the spellings of one person', () => {
    const name = (value: string) => pseudonymise('name', value, KEY);
    expect(new Set(['Ana  Souza', ' ana souza ', 'ANA\tSOUZA', 'Ａna\u00a0Souza'].map(name)).size).toBe(1);
    expect(name('Jose\u0301')).toBe(name('JOSÉ'));
    expect(name('Ana Sousa')).not.toBe(name('Ana Souza'));
    expect(pseudonymise('email', ' Ana@Example.ORG', KEY)).toBe(pseudonymise('email', 'ana@example.org', KEY));
    expect(pseudonymise('phone', '+55 (11) 98765-4321', KEY)).toBe(pseudonymise('phone', '+5511987654321', KEY));
    expect(pseudonymise('phone', '55 11 98765 4321', KEY)).not.toBe(pseudonymise('phone', '+5511987654321', KEY));
  });

  it('carry the id of their key and differ between keys', () => {
    const other = { id: 'k2', secret: Buffer.alloc(32, 1) };
    expect(pseudonymise('name', 'Ana', KEY)).toMatch(/^k1:[0-9a-f]{64}$/);
    expect(pseudonymise('name', 'Ana', other)!.slice(3)).not.toBe(pseudonymise('name', 'Ana', KEY)!.slice(3));
  });

  it('are NULL where there is nothing to hide', () => {
    expect([pseudonymise('name', null, KEY), pseudonymise('name', '  ', KEY), pseudonymise('phone', 'none', KEY)]).toEqual([null, null, null]);
  });

  it('refuse a key that is too short or has a colon in its id', () => {
    expect(() => pseudonymise('name', 'Ana', { id: 'k', secret: Buffer.alloc(8) })).toThrow('8 bytes');
    expect(() => pseudonymise('name', 'Ana', { id: 'a:b', secret: Buffer.alloc(32) })).toThrow('cannot be the id');
  });
});
