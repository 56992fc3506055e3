// Pseudonyms and payloads: the same in files and in records, and closed to whoever has no key.
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PiiClass } from '../../lib/contracts/index.ts';
import { keysFromSecret, openKeyFolder, pseudonym, type PrivacyKey } from '../../lib/ingest/index.ts';
import { openPayload, sealedEncoding, sealPayload } from '../../lib/ingest/privacy/payload.ts';
import { keyVariablesSql, pseudonymSql } from '../../lib/ingest/privacy/pseudonym.ts';
import { Database, quoteText } from '../../lib/lake/duckdb/index.ts';

const key: PrivacyKey = { id: 'k7', pseudonyms: Buffer.alloc(32, 0x5a), payloads: Buffer.alloc(32, 0x17) };
const kinds: PiiClass[] = ['name', 'email', 'phone', 'street'];

test('spellings of one person give one pseudonym, HMAC-SHA256 of the normalised value', () => {
  expect(pseudonym('email', ' Ada@Example.ORG ', key)).toBe(pseudonym('email', 'ada@example.org', key));
  expect(pseudonym('name', 'Ada  LOVELACE', key)).toBe(pseudonym('name', 'ada lovelace', key));
  expect(pseudonym('name', 'Jose\u0301', key)).toBe(pseudonym('name', 'JOS\u00c9', key));
  expect(pseudonym('phone', '+55 (11) 98765-4321', key)).toBe(pseudonym('phone', '+5511987654321', key));
  expect(pseudonym('name', 'ada', key)).not.toBe(pseudonym('name', 'ada', { ...key, pseudonyms: Buffer.alloc(32, 1) }));
  expect(pseudonym('name', null, key)).toBeNull();
  // printf 'ada lovelace' | openssl dgst -sha256 -mac HMAC -macopt hexkey:5a5a…
  expect(pseudonym('name', 'Ada Lovelace', key)).toBe('k7:f284a900e69130f36343099ac69ccdd53814f36062f4c894d11733e7efa62c29');
});

test('SQL and JavaScript give the same pseudonyms', async () => {
  const database = await Database.open({ threads: 1 });
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.constantFrom('İSTANBUL', 'ΣΑΣ', 'Straße', 'ǅ', ' \t a \r\n b ', 'é', 'e\u0301', '+1 (2)', 'ﬁ'))
    .map((value) => value.toWellFormed().replaceAll('\0', ''));
  await database.use(async (session) => {
    await session.run(keyVariablesSql(key));
    await fc.assert(fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 60 }), async (values) => {
      const rows = `(VALUES ${values.map((value, at) => `(${at}, ${quoteText(value)})`).join(', ')}) AS t(n, x)`;
      for (const kind of kinds) {
        const found = await session.rows(`SELECT ${pseudonymSql(kind, 'x')} AS p FROM ${rows} ORDER BY n`);
        expect(found.map((row) => row['p']), kind).toEqual(values.map((value) => pseudonym(kind, value, key)));
      }
    }), { numRuns: 40 });
  });
  database.close();
});

test('a payload opens for its own row only', async () => {
  const keys = keysFromSecret(JSON.stringify({ current: 'k7', keys: { k7: { pseudonyms: '5a'.repeat(32), payloads: '17'.repeat(32) } } }), 'secret');
  const place = { source: 'people', fileId: 'f', row: 3 };
  const raw = sealPayload(Buffer.from('p1,Ada'), await keys.current(), place);
  const encoding = sealedEncoding(await keys.current());
  expect(encoding).toBe('aes-256-gcm:k7');
  expect(Buffer.from(await openPayload(raw, encoding, keys, { ...place, row: 3n })).toString()).toBe('p1,Ada');
  await expect(openPayload(raw, encoding, keys, { ...place, row: 4 })).rejects.toMatchObject({ code: 'io' });
  await expect(openPayload(raw, 'aes-256-gcm:k8', keys, place)).rejects.toMatchObject({ code: 'not_found', message: 'the key k8 that closed this payload is gone' });
  expect(sealPayload(Buffer.from('p1,Ada'), await keys.current(), place)).not.toEqual(raw);
});

test('keys in a folder: made once, by whoever comes first; the last one is current, older ones still open', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'millrace-keys-')), 'keys');
  const made = await Promise.all(Array.from({ length: 8 }, () => openKeyFolder(folder).current()));
  expect(new Set(made.map(({ pseudonyms }) => Buffer.from(pseudonyms).toString('hex'))).size).toBe(1);
  expect(readdirSync(folder)).toEqual(['k1.json']);
  expect(statSync(join(folder, 'k1.json')).mode & 0o077).toBe(0);
  writeFileSync(join(folder, 'k2.json'), JSON.stringify({ pseudonyms: '01'.repeat(32), payloads: '02'.repeat(32) }));
  const keys = openKeyFolder(folder);
  expect((await keys.current()).id).toBe('k2');
  expect((await keys.byId('k1'))?.payloads).toEqual(made[0]?.payloads);
  expect(await keys.byId('../k1')).toBeUndefined();
  writeFileSync(join(folder, 'k3.json'), '{}');
  await expect(openKeyFolder(folder).current()).rejects.toMatchObject({ code: 'bad_input', message: 'the key k3 is damaged: it needs two secrets of 32 bytes' });
  rmSync(join(folder, '..'), { recursive: true });
});

test('a secret without a current key is refused', () => {
  expect(() => keysFromSecret('{"keys":{}}', 'arn:secret')).toThrow(/names no current key/);
  expect(() => keysFromSecret('nonsense', 'arn:secret')).toThrow(/not JSON/);
});
