// The tables of a shop as it stood: each made once, by a statement of its own that is no larger than the table's own, after all that it reads.
import path from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadFeatures, type FeatureSet } from '../../../lib/features/index.ts';
import { loadPredictors, trainingSql, type LoadedPredictor } from '../../../lib/learning/index.ts';
import { asItStood, tablesAsTheyStood } from '../../../lib/local/learning/as-it-stood.ts';
import { loadProject, type LoadedProject } from '../../../lib/local/index.ts';
import { buildGraph, tableReferences, type Project } from '../../../lib/warehouse/index.ts';
import { PROJECT } from './home.ts';

/** What Athena takes, in bytes. */
const LONGEST_STATEMENT = 262_144;
const CUT = Date.parse('2018-06-01T00:00:00Z');
const referencesOf = (sql: string): string[] => tableReferences(sql).map(({ name }) => name);

/** Holds for every plan: each table once, after what it reads; nothing else is read but bronze. */
function expectOneStatementATable(tables: ReturnType<typeof tablesAsTheyStood>, wanted: Iterable<string>): void {
  const made = new Set<string>();
  for (const { name, sql, reads } of tables.tables) {
    expect(made.has(name)).toBe(false);
    const read = referencesOf(sql).filter((one) => !one.startsWith('bronze.'));
    expect([...new Set(read)].sort()).toEqual([...reads].sort());
    expect([name, read.filter((one) => !made.has(one))]).toEqual([name, []]);
    expect(Buffer.byteLength(sql)).toBeLessThan(LONGEST_STATEMENT / 4);
    made.add(name);
  }
  expect([...made].sort()).toEqual([...wanted].sort());
  expect(referencesOf(tables.sql).filter((one) => !one.startsWith('bronze.') && !made.has(one))).toEqual([]);
}

describe('tables as they stood', () => {
  let project: LoadedProject;
  let features: FeatureSet;
  let predictors: ReadonlyMap<string, LoadedPredictor>;
  beforeAll(async () => {
    project = await loadProject(PROJECT);
    features = await loadFeatures(path.join(PROJECT, 'features'), project.sources);
    predictors = await loadPredictors(path.join(PROJECT, 'predictors'));
  });

  it('are all those behind a predictor’s training set, whatever the predictor', () => {
    for (const predictor of predictors.values()) {
      const sql = trainingSql(predictor, features);
      const wanted = new Set<string>();
      const reach = (text: string): void => referencesOf(text).filter((name) => project.models.has(name) && !wanted.has(name)).forEach((name) => reach(project.models.get(wanted.add(name) && name)!.sql));
      reach(sql);
      for (const cut of [undefined, CUT]) {
        const tables = tablesAsTheyStood(sql, project, cut);
        expectOneStatementATable(tables, wanted);
        expect(tables.whole).toEqual(asItStood(sql, project, cut).whole);
      }
    }
  });

  it('are all those behind a query, whatever reads what how often', () => {
    fc.assert(fc.property(fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 12 }), fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), (edges, asked) => {
      const name = (index: number): string => `silver.t${index}`;
      const reads = edges.map((some, index) => (index === 0 ? [] : some.map((one) => name(one % index))));
      const select = (from: readonly string[]): string => `SELECT 1 AS one FROM ${from.length === 0 ? 'bronze.events' : from.map((one, at) => `${one} AS a${at}`).join(', ')}`;
      const built = buildGraph(new Map(reads.map((some, index) => [name(index), some])));
      if (!built.ok) throw new Error('no cycle is made');
      const small = { graph: built.graph, sources: new Map(), models: new Map(reads.map((some, index) => [name(index), { sql: `${select(some)};` }])) } as unknown as Project;
      const wanted = asked.map((one) => name(one % edges.length));
      expectOneStatementATable(tablesAsTheyStood(select(wanted), small, CUT), new Set(wanted.flatMap((one) => [one, ...built.graph.upstream(one)])));
    }));
  });
});
