// Writes the declared predictors, or the names of those that answer row by row, into the bundles that ask for them: what lambdas/shared/predictor-{plans,names}.ts would read is
// there as a constant.
import path from 'node:path';
import type { Plugin } from 'esbuild';
import { answersRows, loadPredictors } from '../learning/index.ts';

/** `root`: of the checkout; `projectFolder` holds predictors/, whose files are named from there. */
export function predictorPlansWrittenDown(root: string, projectFolder: string): Plugin {
  const plans = async () => [...(await loadPredictors(path.join(projectFolder, 'predictors'))).values()].map((one) => ({ ...one, file: path.relative(projectFolder, one.file) }));
  const constant = (name: string, value: unknown) => ({ contents: `export const ${name} = JSON.parse(${JSON.stringify(JSON.stringify(value))});`, loader: 'js' as const });
  const module = (name: string) => path.join(root, 'lambdas', 'shared', name);
  return {
    name: 'predictor-plans-written-down',
    setup(pluginBuild) {
      pluginBuild.onLoad({ filter: /[\\/]predictor-(plans|names)\.ts$/ }, async ({ path: file }) => {
        if (file === module('predictor-plans.ts')) return constant('PREDICTOR_PLANS', await plans());
        return file === module('predictor-names.ts') ? constant('PREDICTOR_NAMES', (await plans()).filter(({ algorithm }) => answersRows(algorithm)).map(({ name }) => name)) : undefined;
      });
    },
  };
}
