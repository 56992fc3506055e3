import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MillraceError } from '../../../lib/base/index.ts';
import { readXgboost, trainBoostedTrees, writeXgboostJson, type Tree, type TreeModel } from '../../../lib/learning/index.ts';
import { floatText } from '../../../lib/learning/xgboost/float-text.ts';
import { firstRows, shopRows } from '../support/shop-rows.ts';

const json = readFileSync(join(import.meta.dirname, 'fixtures/categories.json'), 'utf8');
const early = readFileSync(join(import.meta.dirname, 'fixtures/early.json'), 'utf8');
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
      expect(text).toMatch(/^-?\d+(\.\d+)?(e-?\d+)?$/);
      expect(text).toMatch(/[.e]/);
      expect(Math.fround(Number(text))).toBe(value);
    }));
  });

  test('writes no number with more than nine digits: XGBoost up to 3.0 would take such a base score for 0', () => {
    const digits = (value: number): number => /^-?0*(?:\.0*)?([\d.]*)/.exec(floatText(value))![1]!.replace('.', '').length;
    for (const value of [1e9, 123_456_784, 3_000_000, 1e-9, 0.1, 16_777_216, 3.4e38, 1e8, 99_999_992]) expect(digits(value), floatText(value)).toBeLessThanOrEqual(9);
    fc.assert(fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(digits(value)).toBeLessThanOrEqual(9);
    }));
  });

  test('keeps what training made', async () => {
    const { model } = await trainBoostedTrees(firstRows(shopRows(800, 1), 800), { trees: 4, depth: 5 });
    expect(readXgboost(new TextEncoder().encode(writeXgboostJson(model)))).toEqual(model);
  });
});

describe('objectives that only XGBoost trains', () => {
  const withObjective = (objective: object): string => {
    const file = JSON.parse(json) as { learner: { objective: object } };
    file.learner.objective = objective;
    return JSON.stringify(file);
  };

  test('go back into the file with the parameters that came with them', () => {
    const objective = { name: 'reg:tweedie', tweedie_regression_param: { tweedie_variance_power: '1.2' } };
    const written = JSON.parse(writeXgboostJson(readXgboost(withObjective(objective)))) as { learner: { objective: object } };
    expect(written.learner.objective).toEqual(objective);
  });

  test.each([['count:poisson', 'poisson_regression_param'], ['reg:tweedie', 'tweedie_regression_param'], ['reg:pseudohubererror', 'pseudo_huber_param']])('%s is never written without %s, which XGBoost does not load it without', (name, key) => {
    expect(JSON.parse(writeXgboostJson(readXgboost(withObjective({ name }))))).toHaveProperty(`learner.objective.${key}`);
    const { objectiveParameters: _, ...plain } = readXgboost(withObjective({ name }));
    expect(JSON.parse(writeXgboostJson(plain))).toHaveProperty(`learner.objective.${key}`);
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
    ['a feature without end', json.replace('"num_feature":"8","num_target"', '"num_feature":"4294967295","num_target"'), '4294967295 features cannot be served'],
    ['half a feature', json.replace('"num_feature":"8","num_target"', '"num_feature":"8.5","num_target"'), 'no whole number'],
    ['one name for two features', json.replace('"age"', '"price"'), '8 names, 7 of them different, for 8 features'],
    ['a name too many', json.replace('"feature_names":["', '"feature_names":["age","'), '9 names, 8 of them different, for 8 features'],
    ['a type too few', json.replace(/"feature_types":\["[^"]+",/, '"feature_types":['), '7 types for 8 features'],
    ['a tree that was lost', json.replace(/"num_trees":"(\d+)"/, '"num_trees":"9"'), 'num_trees is 9'],
    ['a tree without a group', json.replace(/"tree_info":\[0,/, '"tree_info":['), 'tree_info has'],
    ['a probability above one to start from', json.replace(/"base_score":"[^"]+"/, '"base_score":"1.5"'), 'starts from the base score 1.5'],
    ['categories of a node that is not there', json.replace(/"categories_nodes":\[[^\]]+\]/, (list) => list.replace(/\d+\]$/, '9999]')).replace(/"split_type":\[[^\]]+\]/, (list) => list.replaceAll('1', '0')), 'node 9999 splits by categories'],
    ['categories that two nodes claim', json.replace(/"categories_segments":\[0,\d+/, '"categories_segments":[0,0'), 'outside its part of the list'],
    ['a direction that is neither', json.replace(/"default_left":\[[01]/, '"default_left":[2'), 'neither 0 nor 1'],
    ['a split by categories that names none', json.replace(/"categories_nodes":\[[^\]]+\]/, '"categories_nodes":[]'), 'names none'],
    ['a category beyond all', json.replace(/"categories":\[\d+/, '"categories":[2147483647'), 'the categories of node'],
    ['a best round that is none', early.replace(/"best_iteration":"\d+"/, '"best_iteration":"x"'), 'no round of these trees'],
    ['a best round after the last', early.replace(/"best_iteration":"\d+"/, '"best_iteration":"900"'), 'no round of these trees'],
    ['a NaN that is told to be a leaf', json.replace(/"split_conditions":\[[^\]]+\]/, (list) => list.replace(/[^,[]+\]$/, 'NaN]')), 'is NaN'],
    ['a feature that is not there', json.replace('"num_feature":"8","num_target"', '"num_feature":"1","num_target"'), 'compares feature'],
  ])('%s', (_, file, message) => {
    expect(() => readXgboost(file, { onlyBest: true })).toThrow(message);
  });

  test('a short UBJSON that announces values without end takes no memory for them', () => {
    // A list of lists, each of a million nulls, for nine bytes.
    const list = [0x5b, 0x24, 0x5a, 0x23, 0x6c, 0, 0x0f, 0x42, 0x3f];
    const file = Uint8Array.from([0x7b, 0x69, 1, 0x61, 0x5b, ...Array.from({ length: 20_000 }, () => list).flat(), 0x5d, 0x7d]);
    expect(() => readXgboost(file)).toThrow('values are announced');
  });

  test('a chain of nodes deeper than any tree is refused', () => {
    const nodes = 20_001;
    const tree: Tree = {
      left: Int32Array.from({ length: nodes }, (_, node) => (node % 2 === 0 && node + 2 < nodes ? node + 1 : -1)), right: Int32Array.from({ length: nodes }, (_, node) => (node % 2 === 0 && node + 2 < nodes ? node + 2 : -1)),
      feature: new Int32Array(nodes), threshold: new Float32Array(nodes), defaultLeft: new Uint8Array(nodes), categories: new Map(), gain: new Float32Array(nodes), cover: new Float32Array(nodes).fill(1), weight: new Float32Array(nodes),
    };
    const file = writeXgboostJson({ objective: 'reg:squarederror', baseScore: 0, featureNames: ['x'], featureKinds: ['numeric'], trees: [tree], attributes: {} });
    expect(() => readXgboost(file)).toThrow('more than 1000 levels');
  });
});

test('names like words of JSON and of JavaScript stay names, also where the file holds NaN', () => {
  const names = ['NaN', 'a, Infinity ,b', '__proto__', 'constructor', 'x"y', '\\', '', '😀'];
  const file = JSON.parse(json) as { learner: { feature_names: string[] } };
  file.learner.feature_names = names;
  const text = JSON.stringify(file).replace(/"sum_hessian":\[[^\],]+/, '"sum_hessian":[NaN');
  expect(text).not.toBe(JSON.stringify(file));
  expect(readXgboost(text).featureNames).toEqual(names);
});
