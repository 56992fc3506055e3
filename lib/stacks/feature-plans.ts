// Writes the declared features into the bundles that ask for them: what lambdas/shared/feature-plans.ts would read is there as a constant.
import path from 'node:path';
import type { Plugin } from 'esbuild';
import { contractToJson, type Contract } from '../contracts/index.ts';
import { readFeatureFiles } from '../features/index.ts';

/** `root`: of the checkout; `projectFolder` holds features/, whose files are named from there. */
export function featurePlansWrittenDown(root: string, projectFolder: string, contracts: readonly Contract[]): Plugin {
  const module = path.join(root, 'lambdas', 'shared', 'feature-plans.ts');
  return {
    name: 'feature-plans-written-down',
    setup(pluginBuild) {
      pluginBuild.onLoad({ filter: /[\\/]feature-plans\.ts$/ }, async ({ path: file }) => {
        if (file !== module) return undefined;
        const { sources, views } = await readFeatureFiles(path.join(projectFolder, 'features'));
        const here = <One extends { file: string }>(one: One): One => ({ ...one, file: path.relative(projectFolder, one.file) });
        const asked = new Set(sources.map(({ source }) => source.options.contract ?? source.name));
        const plans = { sources: sources.map(here), views: views.map(here), contracts: contracts.filter(({ name }) => asked.has(name)).map(contractToJson) };
        return { contents: `export const FEATURE_PLANS = JSON.parse(${JSON.stringify(JSON.stringify(plans))});`, loader: 'js' };
      });
    },
  };
}
