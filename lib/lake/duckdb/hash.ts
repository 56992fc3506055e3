// Murmur3 (32 bits, x86, seed 0) in SQL, as Iceberg's bucket transform hashes values (specification, appendix B).
//
// DuckDB has no such function, and one written in JavaScript would hold all threads at the event loop. Lists stand in for the
// variables that SQL expressions lack: a value that is used twice is bound by a lambda instead of being written twice.
import { decimalShape, fixedLength } from '../format/values.ts';
import { MillraceError } from '../../base/index.ts';
import type { PrimitiveType } from '../types.ts';

const MASK = '4294967295';

/** Hash of an expression of that type as UBIGINT below 2³²; NULL for NULL. */
export function hashSql(type: PrimitiveType, expression: string): string {
  switch (type) {
    case 'int':
    case 'long': return hashOfLong(`(${expression})::BIGINT`);
    case 'date': return hashOfLong(`(${expression} - DATE '1970-01-01')::BIGINT`);
    case 'time':
    case 'timestamp':
    case 'timestamptz': return hashOfLong(`epoch_us(${expression})`);
    case 'string': return hashOfBytes(`encode(${expression})`);
    case 'binary': return hashOfBytes(expression);
    case 'uuid': return hashOfBytes(`(${expression})::BLOB`);
  }
  if (fixedLength(type) !== undefined) return hashOfBytes(expression);
  if (decimalShape(type) !== undefined) return hashOfBytes(minimalBytes(unscaledSql(type, expression)));
  throw new MillraceError('unsupported', `values of type ${type} cannot be put into buckets`);
}

/** The unscaled integer of a decimal, as HUGEINT. */
export function unscaledSql(type: PrimitiveType, expression: string): string {
  const { precision, scale } = decimalShape(type) ?? { precision: 38, scale: 0 };
  if (scale === 0) return `(${expression})::HUGEINT`;
  // The product must not overflow DECIMAL(38): beyond 19 digits the text is taken.
  return precision + scale <= 38
    ? `((${expression})::DECIMAL(38,${scale}) * ${10n ** BigInt(scale)})::HUGEINT`
    : `replace((${expression})::VARCHAR, '.', '')::HUGEINT`;
}

/** Two's complement, big-endian, in as few bytes as hold the number. */
function minimalBytes(hugeint: string): string {
  const sizes = Array.from({ length: 15 }, (_, at) => {
    const limit = 2n ** BigInt(8 * (at + 1) - 1);
    return `WHEN n BETWEEN ${-limit} AND ${limit - 1n} THEN (n::BIT::BLOB)[${16 - at}:16]`;
  });
  return bind('n', hugeint, `CASE ${sizes.join(' ')} ELSE n::BIT::BLOB END`);
}

function hashOfLong(bigint: string): string {
  // Little-endian words: the lower half comes first.
  const words = bind('b', `(${bigint})::BIT`, `[(b::BLOB)[5:8]::BIT::UBIGINT, (b::BLOB)[1:4]::BIT::UBIGINT]`);
  return finish(foldWords(mixWords(words, 'w')), '8');
}

function hashOfBytes(blob: string): string {
  const words = 'list_transform(range(octet_length(b) // 4), lambda i: b[4 * i + 1 : 4 * i + 4]::BIT::UBIGINT)';
  const rest = `[(b || '\\x00\\x00\\x00'::BLOB)[octet_length(b) // 4 * 4 + 1 : octet_length(b) // 4 * 4 + 4]::BIT::UBIGINT]`;
  return bind('b', blob, finish(`xor(${foldWords(mixWords(words, SWAPPED))}, ${mixWords(rest, SWAPPED)}[1])`, 'octet_length(b)::UBIGINT'));
}

/** The four bytes of a 32-bit word w in reverse. */
const SWAPPED = '(((w & 255) << 24) | ((w & 65280) << 8) | ((w >> 8) & 65280) | (w >> 24))';

/** Over a list of words: k ← rotl(w · c1, 15) · c2 */
function mixWords(words: string, word: string): string {
  const scaled = `list_transform(${words}, lambda w: (${word} * 3432918353::UBIGINT) & ${MASK})`;
  return `list_transform(${scaled}, lambda k: ((((k << 15) & ${MASK}) | (k >> 17)) * 461845907::UBIGINT) & ${MASK})`;
}

/** h ← rotl(h ⊕ k, 13) · 5 + n over a list of mixed words, from 0. */
function foldWords(words: string): string {
  return `list_reduce(${words}, lambda h, k: (((((xor(h, k) << 13) & ${MASK}) | (xor(h, k) >> 19)) * 5) + 3864292196) & ${MASK}, 0::UBIGINT)`;
}

/** The final avalanche, with the length mixed in. */
function finish(hash: string, length: string): string {
  const first = bind('h', `xor(${hash}, ${length}::UBIGINT)`, `(xor(h, h >> 16) * 2246822507::UBIGINT) & ${MASK}`);
  const second = bind('h', first, `(xor(h, h >> 13) * 3266489909::UBIGINT) & ${MASK}`);
  return bind('h', second, 'xor(h, h >> 16)');
}

/** `body` with `name` standing for the value of `expression`, which is computed once. */
function bind(name: string, expression: string, body: string): string {
  return `list_transform([${expression}], lambda ${name}: ${body})[1]`;
}
