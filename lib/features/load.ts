// Features are discovered: every file in the folder is imported, and what it exports and is a view or a source counts.
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MillraceError, messageOf } from '../base/index.ts';
import type { Contract } from '../contracts/index.ts';
import { compileSource, type CompiledSource } from './source.ts';
import { DEFINITION, type FeatureSource, type FeatureView, type ViewDefinition } from './types.ts';
import { compileView, type CompiledView } from './view.ts';

/** What the feature files of a project declare, as plain data: JSON can carry it into a Lambda. */
export interface FeatureDeclarations {
  sources: readonly { file: string; source: FeatureSource }[];
  views: readonly { file: string; view: ViewDefinition }[];
}

/** All features of a project, compiled. */
export interface FeatureSet {
  sources: ReadonlyMap<string, CompiledSource>;
  views: ReadonlyMap<string, CompiledView>;
  /** The views over a source, in a fixed order. */
  viewsOf(source: string): readonly CompiledView[];
  /** The sources whose events are of this contract. */
  sourcesOf(contract: string): readonly CompiledSource[];
}

/**
 * Imports every `.ts`, `.mts`, `.js` and `.mjs` file of a folder; no folder means no features.
 *
 * Throws `bad_input` naming the file and the remedy: a file that does not load or declares nothing.
 */
export async function readFeatureFiles(folder: string): Promise<FeatureDeclarations> {
  const files = (await readdir(folder).catch(() => [])).filter((file) => /\.m?[jt]s$/.test(file) && !/\.d\.m?ts$|\.test\.m?[jt]s$/.test(file)).sort();
  const sources: { file: string; source: FeatureSource }[] = [];
  const views: { file: string; view: ViewDefinition }[] = [];
  for (const name of files) {
    const file = join(folder, name);
    const exported = await exportsOf(file);
    const before = sources.length + views.length;
    for (const value of exported) {
      if (isSource(value)) sources.push({ file, source: value });
      else if (isView(value)) views.push({ file, view: value[DEFINITION] });
    }
    if (sources.length + views.length === before) {
      throw new MillraceError('bad_input', 'the file declares no features', { where: file, todo: 'Export the result of featureView(…) or featureSource(…), or move the file out of the folder.' });
    }
  }
  return { sources, views };
}

/**
 * Checks and compiles what was declared.
 *
 * Throws `bad_input` naming the file: two declarations of one name, a column that does not exist, a type that does not fit, a ratio made from itself.
 */
export function compileFeatures({ sources: declaredSources, views: declaredViews }: FeatureDeclarations, contracts: ReadonlyMap<string, Contract>): FeatureSet {
  const sources = new Map<string, CompiledSource>();
  const files = new Map<string, string>();
  const once = (what: string, name: string, file: string) => {
    const other = files.get(`${what} ${name}`);
    if (other !== undefined) throw new MillraceError('bad_input', `the ${what} ${name} is declared twice`, { where: `${file} and ${other}`, todo: 'Rename one of them, or delete it.' });
    files.set(`${what} ${name}`, file);
  };
  for (const { file, source } of declaredSources) {
    once('feature source', source.name, file);
    sources.set(source.name, compileSource(source, contracts, file));
  }
  const views = new Map<string, CompiledView>();
  for (const { file, view } of declaredViews) {
    once('feature view', view.name, file);
    views.set(view.name, compileView(view, sources, file));
  }
  const bySource = new Map([...sources.keys()].map((name) => [name, [...views.values()].filter((view) => view.source.name === name)]));
  return {
    sources, views,
    viewsOf: (source) => bySource.get(source) ?? [],
    sourcesOf: (contract) => [...sources.values()].filter((source) => source.contract.name === contract),
  };
}

/** The features of a project's folder, checked and compiled. */
export async function loadFeatures(folder: string, contracts: ReadonlyMap<string, Contract>): Promise<FeatureSet> {
  return compileFeatures(await readFeatureFiles(folder), contracts);
}

async function exportsOf(file: string): Promise<unknown[]> {
  try {
    return Object.values((await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>);
  } catch (cause) {
    throw new MillraceError('bad_input', `the features do not load: ${messageOf(cause)}`, { where: file, todo: 'Mend the file; `npx tsc --noEmit` names the line.', cause });
  }
}

function isSource(value: unknown): value is FeatureSource {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'feature source';
}

function isView(value: unknown): value is FeatureView {
  return typeof value === 'object' && value !== null && DEFINITION in value;
}
