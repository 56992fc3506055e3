import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MillraceError } from '../../../lib/base/index.ts';
import { readXgboost, trainBoostedTrees, writeXgboostJson, type Tree, type TreeModel } from '../../../lib/learning/index.ts';
import { floatText } from '../../../lib/learning/xgboost/float-text.ts';
import { firstRows, shopRows } from '../support/shop-rows.ts';

const json = readFileSync(join(import.meta.dirname, 'fixtures/categories.json'), 'utf8');
const ubj = new Uint8Array(readFileSync(join(import.meta.dirname, 'fixtures/categories.ubj')));

/** Trees of any shape, with any float32 in them. */
const trees: fc.Arbitrary<Tree> = fc.array(fc.record({
  split: fc.boolean(), feature: fc.nat(4), threshold: fc.float({ noNaN: true, noDefaultInfinity: true }), defaultLeft: fc.nat(1), gain: fc.float({ noNaN: true, noDefaultInfinity: true }),
  codes: fc.option(fc.uniqueArray(fc.nat(300), { minLength: 1, maxLength: 6 })),
}), { minLength: 1, maxLength: 40 }).map((drawn) => {
  // Each node that splits takes the next two as its children, while there are any.
  const left = drawn.map(() => -1);
  const right = drawn.map(() => -1);
  let free = 1;
  drawn.forEach(({ split }, node) => {
    if (!split || node >= free || free + 2 > drawn.length) return;
    left[node] = free;
    right[node] = free + 1;
    free += 2;
  });
  const used = drawn.slice(0, free);
  const inner = (node: number): boolean => left[node]! >= 0;
  return {
    left: Int32Array.from(left.slice(0, free)), right: Int32Array.from(right.slice(0, free)), feature: Int32Array.from(used, ({ feature }, node) => (inner(node) ? feature : 0)),
    threshold: Float32Array.from(used, ({ threshold }) => threshold), defaultLeft: Uint8Array.from(used, ({ defaultLeft }) => defaultLeft),
    categories: new Map(used.flatMap(({ codes }, node) => (inner(node) && codes !== null ? [[node, Int32Array.from(codes).sort()] as const] : []))),
    gain: Float32Array.from(used, ({ gain }) => gain), cover: Float32Array.from(used, ({ gain }) => Math.abs(gain)), weight: Float32Array.from(used, ({ threshold }) => threshold),
  };
});

const models: fc.Arbitrary<TreeModel> = fc.record({
  objective: fc.constantFrom('binary:logistic' as const, 'reg:squarederror' as const), baseScore: fc.float({ min: Math.fround(0.01), max: Math.fround(0.99), noNaN: true }), trees: fc.array(trees, { minLength: 1, maxLength: 4 }),
  attributes: fc.dictionary(fc.string().filter((key) => key !== '__proto__'), fc.string(), { noNullPrototype: true }), names: fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 5, maxLength: 5 }),
}).map(({ names, ...rest }) => ({ ...rest, featureNames: names, featureKinds: Array.from({ length: 5 }, (_, feature) => (rest.trees.some((tree) => [...tree.categories.keys()].some((node) => tree.feature[node] === feature)) ? 'categorical' as const : 'numeric' as const)) }));

describe('the format', () => {
  test('keeps every model, to the last bit', () => {
    fc.assert(fc.property(models, (model) => {
      expect(readXgboost(writeXgboostJson(model))).toEqual(model);
    }), { numRuns: 60 });
  });

  test('writes every float32 as a number with a point or an exponent that reads back the same', () => {
    fc.assert(fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = floatText(value);
      expect(text).toMatch(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/);
      expect(text).toMatch(/[.e]/);
      expect(Math.fround(Number(text))).toBe(value);
    }));
  });

  test('keeps what training made', async () => {
    const { model } = await trainBoostedTrees(firstRows(shopRows(800, 1), 800), { trees: 4, depth: 5 });
    expect(readXgboost(new TextEncoder().encode(writeXgboostJson(model)))).toEqual(model);
  });
});

describe('a damaged file is refused, and never breaks the reader:', () => {
  const readOrRefuse = (file: string | Uint8Array): void => {
    try {
      readXgboost(file);
    } catch (thrown) {
      if (!(thrown instanceof MillraceError)) throw thrown;
      expect(['bad_input', 'unsupported']).toContain(thrown.code);
    }
  };

  test('UBJSON cut anywhere', () => {
    for (let length = 0; length < ubj.length; length += 1 + (length >> 4)) expect(() => readXgboost(ubj.slice(0, length))).toThrow(MillraceError);
  });

  test('UBJSON with any byte changed', () => {
    fc.assert(fc.property(fc.nat(ubj.length - 1), fc.nat(255), (at, byte) => {
      const changed = ubj.slice();
      changed[at] = byte;
      readOrRefuse(changed);
    }), { numRuns: 300 });
  });

  test('JSON with any value replaced', () => {
    fc.assert(fc.property(fc.nat(), fc.constantFrom<unknown>(null, -1, 1e9, 0.5, 'x', [], {}, true, [-5], [1e12]), (at, value) => {
      const file = JSON.parse(json) as Record<string, unknown>;
      const places: [Record<string, unknown>, string][] = [];
      const visit = (node: unknown): void => {
        if (typeof node !== 'object' || node === null) return;
        for (const key of Object.keys(node)) {
          places.push([node as Record<string, unknown>, key]);
          visit((node as Record<string, unknown>)[key]);
        }
      };
      visit(file);
      const [holder, key] = places[at % places.length]!;
      holder[key] = value;
      readOrRefuse(JSON.stringify(file));
    }), { numRuns: 200 });
  });

  test.each([
    ['no model at all', 'hello', 'this is no model of XGBoost'],
    ['another JSON', '{"a":1}', 'learner is no object'],
    ['a loop of nodes', json.replace(/"left_children":\[1,/, '"left_children":[0,'), 'node 0 has the child 0'],
    ['a feature that is not there', json.replace('"num_feature":"8","num_target"', '"num_feature":"1","num_target"'), 'compares feature'],
  ])('%s', (_, file, message) => {
    expect(() => readXgboost(file)).toThrow(message);
  });
});
