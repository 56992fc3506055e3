// Conditions of features and contracts, parsed by the build: a bundle that reads features evaluates them, and needs no parser for it.
import path from 'node:path';
import type { Plugin } from 'esbuild';
import { columnsOf, parseRule, typeOfColumn, type Contract, type RuleNode } from '../contracts/index.ts';
import { compileFeatures, readFeatureFiles } from '../features/index.ts';

/** Functions that only score: their conditions are all known, those of the project's features and of the contracts that these are made from. */
export const ONLY_SCORES: readonly string[] = Object.freeze(['score']);

const LOOK_UP = `
import { PARSED } from 'declared:rules';
export function parseRule(rule) {
  if (PARSED[rule] === undefined) throw new Error('the build did not parse: ' + rule);
  return PARSED[rule];
}`;

/** `root`: of the checkout; `projectFolder` holds features/. Where one text means two things the parser stays in the bundle. */
export function rulesWrittenDown(root: string, projectFolder: string, contracts: readonly Contract[]): Plugin {
  const module = path.join(root, 'lib', 'contracts', 'rules', 'parse.ts');
  let parsed: Map<string, RuleNode> | undefined;
  return {
    name: 'rules-written-down',
    setup(pluginBuild) {
      pluginBuild.onLoad({ filter: /[\\/]rules[\\/]parse\.ts$/ }, async ({ path: file }) => {
        parsed = file === module ? await parsedRules(projectFolder, contracts) : undefined;
        return parsed === undefined ? undefined : { contents: LOOK_UP, loader: 'js' };
      });
      pluginBuild.onResolve({ filter: /^declared:rules$/ }, () => ({ path: 'rules', namespace: 'declared' }));
      pluginBuild.onLoad({ filter: /^rules$/, namespace: 'declared' }, () => ({ contents: `export const PARSED = JSON.parse(${JSON.stringify(JSON.stringify(Object.fromEntries(parsed!)))});`, loader: 'js' }));
    },
  };
}

/** undefined where one text is parsed in two ways. */
async function parsedRules(projectFolder: string, contracts: readonly Contract[]): Promise<Map<string, RuleNode> | undefined> {
  const declarations = await readFeatureFiles(path.join(projectFolder, 'features'));
  const features = compileFeatures(declarations, new Map(contracts.map((contract) => [contract.name, contract])));
  const parsed = new Map<string, RuleNode>();
  let isAmbiguous = false;
  const add = (text: string, columns: Parameters<typeof parseRule>[1]): void => {
    const node = parseRule(text, columns);
    if (parsed.has(text) && JSON.stringify(parsed.get(text)) !== JSON.stringify(node)) isAmbiguous = true;
    parsed.set(text, node);
  };
  for (const { source, series } of features.views.values()) {
    const columns = new Map([...source.columns.values()].map(({ name, type }) => [name, type]));
    for (const { whereSql, valueSql } of series) {
      if (whereSql !== undefined) add(whereSql, columns);
      // As lib/features/view.ts reads a value out of a condition.
      if (valueSql !== undefined) add(`(${valueSql}) IS NULL`, columns);
    }
  }
  for (const { contract } of features.sources.values()) {
    const columns = new Map(columnsOf(contract).map(({ name, column }) => [name, typeOfColumn(column)]));
    for (const text of Object.values(contract.rules)) add(text, columns);
  }
  return isAmbiguous ? undefined : parsed;
}
