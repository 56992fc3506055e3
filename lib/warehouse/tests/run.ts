// Runs unit tests of models: the given rows stand for the tables, the SELECT runs, its rows are compared.
import { messageOf } from '../../base/index.ts';
import { literalRows } from '../models/literal-rows.ts';
import type { Project } from '../models/project.ts';
import type { Relations } from '../models/relations.ts';
import { CURRENCY_COLUMN, expandSources } from '../models/sources.ts';
import type { Engine, Parameters } from '../types.ts';
import type { ModelTest } from './cases.ts';
import { compareRows } from './compare.ts';

export type ModelTestResult = { test: ModelTest; passed: true } | { test: ModelTest; passed: false; difference: string };

/** `shop` gives the values of `:shop_currency` and `:shop_time_zone` where the test does not. */
export interface ModelTestContext { project: Project; engine: Pick<Engine, 'query'>; relations: Relations; shop: { currency: string; timeZone: string } }

/** Runs one test. A SELECT that fails is a difference, not an exception. */
export async function runModelTest(test: ModelTest, context: ModelTestContext): Promise<ModelTestResult> {
  const outcome = await resultOf(test, context).catch((error: unknown) => ({ error }));
  if ('error' in outcome) {
    const message = messageOf(outcome.error);
    if (test.expectError === undefined) return { test, passed: false, difference: `the SELECT fails: ${message}` };
    if (message.includes(test.expectError)) return { test, passed: true };
    return { test, passed: false, difference: `expected an error with '${test.expectError}', but it was: ${message}` };
  }
  if (test.expectError !== undefined) return { test, passed: false, difference: `expected an error with '${test.expectError}', and there was none` };
  const comparison = compareRows(test.expect ?? [], outcome.columns, outcome.rows);
  return comparison.equal ? { test, passed: true } : { test, passed: false, difference: comparison.difference };
}

/** Runs tests one after the other. */
export async function runModelTests(tests: readonly ModelTest[], context: ModelTestContext): Promise<ModelTestResult[]> {
  const results: ModelTestResult[] = [];
  for (const test of tests) results.push(await runModelTest(test, context));
  return results;
}

async function resultOf(test: ModelTest, { project, engine, relations, shop }: ModelTestContext) {
  const model = project.models.get(test.model);
  if (model === undefined) throw new Error(`there is no model ${test.model}`);
  const bronzeGiven = new Set(Object.keys(test.given).filter((name) => name.startsWith('bronze.')).map((name) => name.replace('bronze.', 'source.')));
  const typed = model.relations.filter((relation) => !bronzeGiven.has(relation));
  const overlaid = [...new Set([...typed, ...[...bronzeGiven].map((name) => name.replace('source.', 'bronze.'))])];
  const overlays = Object.fromEntries(await Promise.all(overlaid.map(async (relation) =>
    [relation, literalRows(await relations.columnsOf(relation), withCurrency(test.given[relation] ?? [], relation, project), `given ${relation}`)])));
  const sql = expandSources(model.sql, project.sources, new Set(typed), model.file);
  return engine.query(sql, { overlays, parameters: parametersOf(test, shop) });
}

/** What every row of a source has need not be given. */
function withCurrency(rows: ModelTest['given'][string], relation: string, { sources }: Project): ModelTest['given'][string] {
  const currency = relation.startsWith('source.') ? sources.get(relation.slice('source.'.length))?.currency : undefined;
  return currency === undefined ? rows : rows.map((row) => ({ [CURRENCY_COLUMN]: currency, ...row }));
}

function parametersOf({ parameters }: ModelTest, shop: ModelTestContext['shop']): Parameters {
  const dates = ['as_of', 'from', 'to'].flatMap((name) => (parameters[name] === undefined ? [] : [[name, { type: 'date' as const, value: parameters[name] }]]));
  return {
    ...Object.fromEntries(dates) as Parameters,
    shop_currency: { type: 'varchar', value: parameters['shop_currency'] ?? shop.currency },
    shop_time_zone: { type: 'varchar', value: parameters['shop_time_zone'] ?? shop.timeZone },
  };
}
