// The check of events: what is accepted becomes the text that bronze keeps, what is not says why, in the order of precedence.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventPlans, openEventChecker, type EventVerdict } from '../../../lib/ingest/events/index.ts';
import { id, source, text } from '../../../lib/contracts/index.ts';
import { checkerOf, click, clicks, files, KEY, NOW, recordOf, signups } from './support.ts';

const checker = checkerOf(clicks, signups, files);
const check = (data: string | Uint8Array, arrivedAt = NOW) => checker.check(recordOf(data, '1', arrivedAt));
const reasonsOf = (verdict: EventVerdict) => (verdict.fate === 'rejected' ? verdict.reasons : 'accepted');
const valuesOf = (verdict: EventVerdict) => (verdict.fate === 'accepted' ? verdict.values : verdict.reasons);

describe('an accepted event', () => {
  test('keeps the text that came, numbers with every digit, and NULL for what is missing or empty', () => {
    const verdict = check('{"at":1795263600000,"visitor":12345678901234567890,"kind":"cart","item":17850,"price":12.50,"ItemCount":3,"weight":0.125,"returning":true,"query":""}', 1795263600000);
    expect(verdict).toMatchObject({ fate: 'accepted', type: 'clicks', contractVersion: '1.2', eventTime: 1795263600000, unknownKeys: 0 });
    expect(valuesOf(verdict)).toEqual({
      at: '1795263600000', visitor: '12345678901234567890', kind: 'cart', item: '17850', price: '12.50', item_count: '3', weight: '0.125', returning: 'true', query: null,
    });
  });

  test('may spell a column as the source does or as the table does, not both', () => {
    expect(valuesOf(check(click({ item_count: 2 })))).toMatchObject({ item_count: '2' });
    expect(reasonsOf(check(click({ item_count: 2, ItemCount: 2 })))).toEqual(['clicks.parse.duplicate_key']);
  });

  test('may have keys that nobody knows: they are left out, and counted', () => {
    expect(check(click({ campaign: 'x', nested: { deep: [1] }, __proto__x: 1 }))).toMatchObject({ fate: 'accepted', unknownKeys: 3 });
  });

  test('names its type and an older version of the contract', () => {
    expect(check(click({ type: 'clicks', contract_version: '1.0' }))).toMatchObject({ fate: 'accepted', contractVersion: '1.2', unknownKeys: 0 });
    expect(check(JSON.stringify({ type: 'signups', customer_id: 'c1', email: ' Ana@Example.com ', signed_up_at: '2026-11-21T11:00:00Z' }))).toMatchObject({ fate: 'accepted', type: 'signups' });
  });

  test('has pseudonyms for personal data, equal for spellings of one person, with the id of the key', () => {
    const signup = (email: string) => valuesOf(check(JSON.stringify({ type: 'signups', customer_id: 'c1', email, phone: null, signed_up_at: '2026-11-21 08:00' }))) as Record<string, string>;
    expect(signup(' Ana@Example.com ')['email']).toMatch(/^k1:[0-9a-f]{64}$/);
    expect(signup('ana@example.com')['email']).toBe(signup(' Ana@Example.com ')['email']);
    expect(signup('bia@example.com')['email']).not.toBe(signup('ana@example.com')['email']);
  });
});

describe('a number', () => {
  const digits = fc.oneof(
    fc.stringMatching(/^-?(0|[1-9][0-9]{0,16})(\.[0-9]{1,7})?$/),
    fc.tuple(fc.integer({ min: -3, max: 30_000 }), fc.integer({ min: 0, max: 99_999 })).map(([whole, fraction]) => `${whole}.${fraction}`),
    fc.constantFrom('0', '-0', '0.0', '0.0001', '0.00001', '0.000001', '99999999999999', '99999999999999.9999', '100000000000000', '9007199254740991', '9007199254740993', '1e3', '129.90'),
  );
  const foundOf = (column: string, json: string) => {
    const others = { at: String(NOW), visitor: '"v"', kind: '"view"', item: '"7"' };
    const verdict = check(`{${Object.entries({ ...others, [column]: json }).map(([key, value]) => `"${key}":${value}`).join(',')}}`);
    return verdict.fate === 'accepted' ? { values: verdict.values, eventTime: verdict.eventTime } : verdict.reasons;
  };
  /** Numbers lose their exponent, and zero its sign. */
  const asText = (number: string) => `"${number === '1e3' ? '1000' : number.replace(/^-(?=[0.]+$)/, '')}"`;

  test('is found to be the same whether it came as a number or as text with its digits', () => {
    fc.assert(fc.property(fc.constantFrom('price', 'ItemCount', 'weight', 'item', 'at'), digits, (column, number) => {
      expect(foundOf(column, number)).toEqual(foundOf(column, asText(number)));
    }), { numRuns: 3_000 });
  });
});

describe('a refused event', () => {
  test.each([
    ['nested in a column', click({ item: { id: 1 } }), ['clicks.item.not_text']],
    ['a list in a column', click({ kind: ['view'] }), ['clicks.kind.not_text']],
    ['missing columns', '{"kind":"search"}', ['clicks.at.missing', 'clicks.visitor.missing']],
    ['null where a value must be', click({ visitor: null }), ['clicks.visitor.missing']],
    ['an empty text where a value must be', click({ visitor: '' }), ['clicks.visitor.missing']],
    ['a wrong type before a missing value before a range before a rule', click({ price: 'x', visitor: null, ItemCount: 0, item: null }),
      ['clicks.price.not_a_number', 'clicks.visitor.missing', 'clicks.item_count.below_minimum', 'clicks.item_is_known']],
    ['a value that is not accepted', click({ kind: 'click' }), ['clicks.kind.not_accepted']],
    ['a rule', click({ item: null }), ['clicks.item_is_known']],
    ['more digits than a column holds', click({ price: 0.00001 }), ['clicks.price.too_precise']],
    ['a number beyond everything', click().replace('"17"', '1e999999'), ['clicks.item.not_text']],
    ['a type nobody knows', click({ type: 'orders' }), ['clicks.columns.unknown_type']],
    ['a type that only files feed', '{"type":"stock","item":"1"}', ['clicks.columns.unknown_type']],
    ['a type that is no text', click({ type: 7 }), ['clicks.columns.unknown_type']],
    ['a type by a name of JavaScript', click({ type: '__proto__' }), ['clicks.columns.unknown_type']],
    ['a version to come', click({ contract_version: '1.3' }), ['clicks.columns.unknown_version']],
    ['another major version', click({ contract_version: '2.0' }), ['clicks.columns.unknown_version']],
    ['a version that is none', click({ contract_version: 1 }), ['clicks.columns.unknown_version']],
    ['not JSON', 'view;v1', ['clicks.parse.not_json']],
    ['older than the stream takes', click({ at: NOW - 7 * 86_400_000 - 1 }), ['clicks.at.too_old']],
    ['ahead of its arrival', click({ at: NOW + 15 * 60_000 + 1 }), ['clicks.at.too_far_ahead']],
    ['too old and against a rule: a range comes before a rule', click({ at: 17, item: null }), ['clicks.at.too_old', 'clicks.item_is_known']],
    ['a time out of its own range is not judged by its age as well', click({ at: -1 }), ['clicks.at.below_minimum']],
  ])('%s', (_name, data, reasons) => expect(reasonsOf(check(data))).toEqual(reasons));

  test('by the edges of its time', () => {
    expect(reasonsOf(check(click({ at: NOW - 7 * 86_400_000 })))).toBe('accepted');
    expect(reasonsOf(check(click({ at: NOW + 15 * 60_000 })))).toBe('accepted');
  });

  test('local times are read in the zone of the contract', () => {
    const signup = (at: string) => reasonsOf(check(JSON.stringify({ type: 'signups', customer_id: 'c1', email: 'a@b', signed_up_at: at })));
    // 12:00 UTC is 09:00 in São Paulo.
    expect(signup('2026-11-21 09:14')).toBe('accepted');
    expect(signup('2026-11-21 09:16')).toEqual(['signups.signed_up_at.too_far_ahead']);
    expect(signup('2026-11-21T12:16:00+00:00')).toEqual(['signups.signed_up_at.too_far_ahead']);
    expect(signup('2026-11-14 08:59:59.999')).toEqual(['signups.signed_up_at.too_old']);
  });

  test('that is too long is not even read', () => {
    expect(reasonsOf(check(click({ query: 'x'.repeat(1_000_000) })))).toEqual(['clicks.parse.too_long']);
  });

  test('never has its content in the message', () => {
    const verdict = check(click({ kind: 'secret@example.com' }));
    expect(JSON.stringify(verdict)).not.toContain('secret');
  });
});

test('events with unknown keys are refused where the contract says so', () => {
  const strict = source('strict', { description: 'x', owner: 'x', version: '1.0', timeZone: 'UTC', stream: { partitionKey: 'a' }, files: { extraColumns: 'quarantine' }, columns: { a: id() } });
  expect(reasonsOf(checkerOf(strict).check(recordOf('{"a":"1","b":2}')))).toEqual(['strict.columns.unexpected']);
});

test('a column may be called like something that every object has', () => {
  const odd = source('odd', { description: 'x', owner: 'x', version: '1.0', timeZone: 'UTC', stream: { partitionKey: 'a' }, columns: { a: id(), constructor: text({ nullable: true }) } });
  expect(valuesOf(checkerOf(odd).check(recordOf('{"a":"1"}')))).toEqual({ a: '1', constructor: null });
});

test('a checker is refused what it cannot work with', () => {
  expect(() => openEventChecker({ plans: eventPlans([clicks]), defaultType: 'stock' })).toThrow('no contract of a stream is called stock');
  expect(() => openEventChecker({ plans: eventPlans([signups]), defaultType: 'signups' })).toThrow('no key');
  const taken = source('taken', { description: 'x', owner: 'x', version: '1.0', timeZone: 'UTC', stream: { partitionKey: 'type' }, columns: { type: text() } });
  expect(() => checkerOf(taken)).toThrow('cannot be called type');
});

test('plans survive JSON, so that a build can write them down', () => {
  const again = openEventChecker({ plans: JSON.parse(JSON.stringify(eventPlans([clicks, signups]))) as ReturnType<typeof eventPlans>, defaultType: 'clicks', key: KEY });
  for (const data of [click(), click({ kind: 'x', item: null }), '{"type":"signups","customer_id":"c","email":"a@b","signed_up_at":"2026-11-21 08:00"}']) {
    expect(JSON.stringify(again.check(recordOf(data)))).toBe(JSON.stringify(check(data)));
  }
});

test('what may name a person: refused records of its type, and those whose type nobody could read', () => {
  expect(checker.mayBePersonal('signups')).toBe(true);
  expect(checker.mayBePersonal('clicks')).toBe(true);
  expect(checkerOf(clicks).mayBePersonal('clicks')).toBe(false);
});
