// Loads the models of a project and refuses, with file, line and remedy, whatever is wrong with them.
import type { Contract } from '../../contracts/index.ts';
import { MillraceError } from '../../base/index.ts';
import { readAudit, type AuditDefinition } from '../audits/definition.ts';
import { auditTables } from '../audits/render.ts';
import { check, parametersOf, tableReferences, type Analysis } from '../dialect/index.ts';
import type { Model, ResultColumn } from '../types.ts';
import { analyseModel, checkAgainstColumns, sourceColumns, type ColumnsOf } from './analysis.ts';
import { readSqlFiles, type SqlFile } from './files.ts';
import { buildGraph, type Graph } from './graph.ts';
import { readModelHeader, type HeaderLines } from './header.ts';
import { didYouMean } from './near.ts';
import { Problems } from './problem.ts';
import type { Project, SystemTables } from './project.ts';

const AUDITS = 'audits';

/** What a SELECT may ask of a run. Not the time: it would come out differently each time. */
const MODEL_PARAMETERS: readonly string[] = ['as_of', 'from', 'to', 'shop_currency', 'shop_time_zone'];

/**
 * Reads `<folder>/<layer>/*.sql` (models) and `<folder>/audits/*.sql`.
 *
 * Throws one `bad_input` that lists every problem: headers that cannot be read, unknown keys and audits (with the nearest names),
 * missing descriptions and owners, SQL that does not parse, tables that nothing makes, cycles.
 */
export async function loadModels(folder: string, contracts: ReadonlyMap<string, Contract>, systemTables: SystemTables = {}): Promise<Project> {
  const files = await readSqlFiles(folder);
  if (last !== undefined && areSame(last, { files, contracts, systemTables })) return last.project;
  last = { files, contracts, systemTables, project: projectOf(files, contracts, systemTables) };
  return last.project;
}

interface Sources { files: readonly SqlFile[]; contracts: ReadonlyMap<string, Contract>; systemTables: SystemTables }

/** Whoever asks again in the same process, and no file has changed, is spared the analysis of all SELECTs. Nobody changes a project. */
let last: (Sources & { project: Project }) | undefined;

function areSame(one: Sources, other: Sources): boolean {
  return one.systemTables === other.systemTables && one.files.length === other.files.length && one.contracts.size === other.contracts.size
    && one.files.every(({ path, text }, index) => path === other.files[index]!.path && text === other.files[index]!.text)
    && [...one.contracts].every(([name, contract]) => other.contracts.get(name) === contract);
}

/** The same from texts that were read already. */
export function projectOf(files: readonly SqlFile[], contracts: ReadonlyMap<string, Contract>, systemTables: SystemTables = {}): Project {
  const problems = new Problems();
  const audits = new Map(files.filter(({ layer }) => layer === AUDITS).flatMap(({ name, path, text }): [string, AuditDefinition][] => {
    const audit = readAudit(path, name, text, problems);
    return audit === undefined ? [] : [[name, audit]];
  }));
  const loaded = files.filter(({ layer }) => layer !== AUDITS).flatMap((file) => loadOne(file, audits, problems));
  checkNames(loaded, problems);
  const models = new Map(loaded.map((one) => [one.model.name, one]));
  for (const one of loaded) checkTables(one, models, contracts, audits, systemTables, problems);
  const graph = problems.found.length === 0 ? graphOf(models, audits, problems) : undefined;
  const analyses = graph === undefined ? new Map<string, Analysis>() : analyseAll(graph, models, contracts, audits, systemTables, problems);
  problems.throwIfAny();
  if (graph === undefined) throw new MillraceError('internal', 'the models have no graph');
  const inOrder = graph.order.flatMap((name) => models.get(name) ?? []).map(({ model }): [string, Model] => [model.name, model]);
  return Object.freeze({ models: new Map(inOrder), graph, audits, sources: contracts, analyses, systemTables });
}

/** Model by model in running order; a model whose inputs are wrong is not looked at, since it is wrong only because of them. */
function analyseAll(
  graph: Graph, models: ReadonlyMap<string, Loaded>, contracts: ReadonlyMap<string, Contract>, audits: ReadonlyMap<string, AuditDefinition>,
  systemTables: SystemTables, problems: Problems,
): Map<string, Analysis> {
  const analyses = new Map<string, Analysis>();
  const known = new Map<string, readonly ResultColumn[] | undefined>();
  const columnsOf: ColumnsOf = (relation) => {
    if (!known.has(relation)) known.set(relation, sourceColumns(relation, contracts) ?? systemTables[relation]);
    return analyses.get(relation)?.columns ?? known.get(relation);
  };
  for (const name of graph.order) {
    const loaded = models.get(name);
    if (loaded === undefined) continue;
    try {
      const analysis = analyseModel(loaded.model, columnsOf);
      if (analysis !== undefined) analyses.set(name, analysis);
    } catch (error) {
      addError(loaded.model.file, error, problems);
    }
  }
  for (const { model, lines } of models.values()) {
    const analysis = analyses.get(model.name);
    if (analysis !== undefined) checkAgainstColumns(model, lines, analysis.columns, audits, columnsOf, problems);
  }
  return analyses;
}

interface Loaded { model: Model; lines: HeaderLines }

function loadOne({ layer, name, path, text }: SqlFile, audits: ReadonlyMap<string, AuditDefinition>, problems: Problems): Loaded[] {
  const read = readModelHeader(path, `${layer}.${name}`, text, audits, problems);
  const relations = relationsOf(path, text, problems);
  if (read === undefined || relations === undefined) return [];
  const reads = [...new Set(relations.map((relation) => relation.replace(/^source\./, 'bronze.')))].sort();
  return [{ model: Object.freeze({ ...read.header, sql: text, relations, reads }), lines: read.lines }];
}

function relationsOf(path: string, sql: string, problems: Problems): string[] | undefined {
  const refused = check(sql, { file: path, purpose: 'models' });
  for (const error of refused) addError(path, error, problems);
  if (refused.length > 0) return undefined;
  try {
    const references = tableReferences(sql, path);
    for (const { text, travel, metadata } of references) {
      if (travel !== undefined || metadata !== undefined) {
        problems.add(path, lineOf(sql, text), `a model reads tables as they are: ${text}`, 'time travel and metadata tables are for queries');
      }
    }
    for (const parameter of parametersOf(sql, path)) {
      if (MODEL_PARAMETERS.includes(parameter)) continue;
      const todo = didYouMean(parameter, MODEL_PARAMETERS) ?? `there are :${MODEL_PARAMETERS.join(', :')}`;
      problems.add(path, lineOf(sql, `:${parameter}`), `there is no parameter :${parameter}`, todo);
    }
    return [...new Set(references.map(({ name }) => name))].sort();
  } catch (error) {
    addError(path, error, problems);
    return undefined;
  }
}

/** An error of the dialect, which knows the place. */
function addError(path: string, error: unknown, problems: Problems): void {
  if (!(error instanceof MillraceError)) throw error;
  problems.add(path, Number(/:(\d+):\d+$/.exec(error.where ?? '')?.[1] ?? 1), error.message, error.todo);
}

function checkNames(loaded: readonly Loaded[], problems: Problems): void {
  const files = new Map<string, string>();
  for (const { model } of loaded) {
    const other = files.get(model.name);
    if (other !== undefined) problems.add(model.file, 1, `${model.name} is declared twice`, `the other is ${other}`);
    files.set(model.name, model.file);
    if (model.layer === 'source' || model.layer === 'bronze' || model.layer === 'ops') {
      problems.add(model.file, 1, `${model.layer} is not a layer for models`, 'move the file to sql/silver, sql/gold or a folder of its own');
    }
  }
}

/** Every table that the SELECT, `changes`, `accounts` and the audits name has to be a model, a source or one of our own. */
function checkTables(
  { model, lines }: Loaded, models: ReadonlyMap<string, Loaded>, contracts: ReadonlyMap<string, Contract>,
  audits: ReadonlyMap<string, AuditDefinition>, systemTables: SystemTables, problems: Problems,
): void {
  const known = [...models.keys(), ...[...contracts.keys()].flatMap((name) => [`source.${name}`, `bronze.${name}`]), ...Object.keys(systemTables)];
  const check = (table: string, line: number) => {
    if (!known.includes(table)) problems.add(model.file, line, `there is no table ${table}`, didYouMean(table, known) ?? 'add a model or a contract of that name');
  };
  for (const table of model.relations) check(table, lineOf(model.sql, table));
  for (const table of auditTables(model, audits)) check(table, lines('audits'));
  for (const table of Object.keys(model.changes)) {
    if (model.relations.includes(table)) continue;
    problems.add(model.file, lines('changes', table), `changes name ${table}, which the SELECT does not read`, didYouMean(table, model.relations));
  }
  for (const source of Object.keys(model.accounts)) {
    if (!contracts.has(source)) problems.add(model.file, lines('accounts', source), `there is no source ${source}`, didYouMean(source, contracts.keys()));
  }
}

function graphOf(models: ReadonlyMap<string, Loaded>, audits: ReadonlyMap<string, AuditDefinition>, problems: Problems): Graph | undefined {
  const needs = new Map([...models].map(([name, { model }]) => [name, [...model.reads, ...auditTables(model, audits).filter((table) => table !== name)]]));
  const built = buildGraph(needs);
  if (built.ok) return built.graph;
  const [first = '', second = ''] = built.cycle;
  const model = models.get(first)?.model;
  if (model !== undefined) {
    const byAudit = !model.reads.includes(second);
    const todo = byAudit
      ? `an audit of ${first} reads ${second}, which is computed from it: put the audit there`
      : 'break the circle: let one of them read what the other reads';
    problems.add(model.file, byAudit ? 1 : lineOf(model.sql, second), `the models need each other in a circle: ${built.cycle.join(' → ')}`, todo);
  }
  return undefined;
}

/** The line on which a table is named, for messages; comments do not count. */
function lineOf(sql: string, name: string): number {
  const withoutComments = sql.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '));
  const at = withoutComments.toLowerCase().indexOf(name.toLowerCase());
  return at < 0 ? 1 : withoutComments.slice(0, at).split('\n').length;
}
