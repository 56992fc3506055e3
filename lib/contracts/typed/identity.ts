// Who a row is where its producer did not say: a hash of what it says, the same in SQL and in JavaScript.
import { createHash } from 'node:crypto';
import { columnsOf } from '../source.ts';
import type { Contract } from '../types.ts';

/** Between the columns; no text of a producer holds it by accident. */
const SEPARATOR = 31;

/**
 * The MD5 (32 hexadecimal digits) of a row's texts, as an expression over the bronze table's columns, in Athena's dialect. The contract's key
 * is left out, and so are empty columns, so that a column that a contract gets later changes no hash. MD5 because it is quick on every
 * engine; it guards against accidents, not against producers, who can name any id anyway.
 */
export function rowHashSql(contract: Contract, qualifier = ''): string {
  const parts = hashed(contract).map(({ name, nullable }) => (nullable ? `concat('${name}=', nullif(${qualifier}"${name}", ''))` : `${qualifier}"${name}"`));
  return `lower(to_hex(md5(to_utf8(concat_ws(chr(${SEPARATOR}), ${parts.join(', ')})))))`;
}

/** The same of texts as bronze keeps them, by table name. */
export function rowHash(contract: Contract, values: Readonly<Record<string, string | null>>): string {
  const parts = hashed(contract).flatMap(({ name, nullable }) => {
    const text = values[name] ?? '';
    return nullable ? (text === '' ? [] : [`${name}=${text}`]) : [text];
  });
  return createHash('md5').update(parts.join(String.fromCharCode(SEPARATOR)), 'utf8').digest('hex');
}

function hashed(contract: Contract): { name: string; nullable: boolean }[] {
  return columnsOf(contract).filter(({ name }) => !contract.key.includes(name)).map(({ name, column }) => ({ name, nullable: column.nullable }));
}
