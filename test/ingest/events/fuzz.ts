// Records that nobody means well with: random bytes, JSON of every shape, deep nesting, monstrous numbers, half characters, names of prototypes,
// aggregates with wrong insides, and good events with a few bytes changed. From a seed, so that what fails can be had again.
import { createHash } from 'node:crypto';
import type { Random } from '../../../samples/core/random.ts';

const KEYS = [
  'type', 'contract_version', 'at', 'visitor', 'kind', 'item', 'price', 'ItemCount', 'item_count', 'weight', 'returning', 'query', 'customer_id', 'email', 'phone', 'signed_up_at', 'born_on',
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '', ' ', 'é', '\u{1f600}', '_sequence', 'length', '0', '4294967295',
];
const LITERALS = [
  'null', 'true', 'false', '0', '-0', '-0.0', '1e3', '1E400', '-1e-400', '1e999999999', '12345678901234567890', '0.1234567890123456789', '1700000000000', '100000000', '""', '"view"', '"cart"', '"search"',
  '"clicks"', '"signups"', '"__proto__"', '"1.2"', '"9.9"', '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\u0008\\"\\\\"', '" x "', '"a@b.c"', '"2026-11-21T12:00:00Z"', '"2026-11-21 08:00"', '"+5"', '"1e5"',
  '{}', '[]', '[[]]', '{"__proto__":null}', '"' + 'x'.repeat(300) + '"',
];
const BROKEN = ['NaN', 'Infinity', '01', '+1', '.5', '1.', "'x'", 'undefined', '"unclosed', '\u0001', '/**/1', '0x10', '1_000', '"\t"', '', '"\\x41"'];

/** Event time of good ones: milliseconds since 1970. */
export function fuzzedRecord(random: Random, now: number): Uint8Array {
  const draw = random.below(100);
  if (draw < 10) return bytesOf(random, random.below(200));
  if (draw < 14) return Buffer.from(nested(random, draw === 10 ? 20_000 : 60));
  if (draw < 60) return Buffer.from(objectText(random, now, draw));
  if (draw < 66) return aggregate(random, Buffer.from(objectText(random, now, 60)));
  const good = Buffer.from(`{"at":${now - random.below(1_000_000)},"visitor":"v${random.below(99)}","kind":"view","item":"${random.below(999)}","price":${random.below(9999) / 100}}`);
  for (let changes = random.below(4); changes > 0; changes--) good[random.below(good.length)] = random.below(256);
  return good;
}

function bytesOf(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}

function nested(random: Random, depth: number): string {
  const [open, close] = random.pick([['[', ']'], ['{"a":', '}'], ['[{"a":[', ']}]']]);
  const inner = open!.repeat(depth) + (random.chance(0.8) ? '1' : '') + close!.repeat(random.chance(0.9) ? depth : depth - 1);
  return random.chance(0.5) ? inner : `{"at":1,"visitor":${inner}}`;
}

function objectText(random: Random, now: number, draw: number): string {
  const members: string[] = [];
  const space = () => (random.chance(0.1) ? random.pick([' ', '\n', '\t', '\r\n  ']) : '');
  if (random.chance(0.6)) members.push(`"at":${now - random.below(1000)}`, `"visitor":"v"`, `"kind":"view"`, `"item":7`);
  for (let count = random.below(7); count > 0; count--) {
    const key = random.chance(0.05) ? '\\u0061t' : random.pick(KEYS).replace(/["\\]/g, '');
    const value = draw < 18 && random.chance(0.5) ? random.pick(BROKEN) : random.pick(LITERALS);
    members.push(`${space()}"${key}"${space()}:${space()}${value}${space()}`);
  }
  return `${space()}{${members.join(',')}}${space()}`;
}

const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]);
const field = (number: number, bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);

function aggregate(random: Random, data: Uint8Array): Buffer {
  const record = Buffer.concat([Buffer.from([0x08, random.below(3)]), field(3, data)]);
  const message = Buffer.concat([field(1, Buffer.from('key')), ...Array.from({ length: random.below(4) }, () => field(3, random.chance(0.1) ? bytesOf(random, 20) : record))]);
  const digest = random.chance(0.9) ? createHash('md5').update(message).digest() : bytesOf(random, 16);
  return Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, digest]);
}
