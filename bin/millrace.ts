// The CDK app: `npx cdk synth -c stage=dev`. Needs neither an account nor a network; see docs/deploy.md.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../lib/base/index.ts';
import { readFeatureFiles } from '../lib/features/index.ts';
import { loadPredictors } from '../lib/learning/index.ts';
import { loadProject } from '../lib/local/index.ts';
import { addStage, newApp } from '../lib/stacks/app.ts';
import { bundleFunctions } from '../lib/stacks/bundle.ts';
import { FUNCTIONS } from '../lib/stacks/functions.ts';
import { readProjectFile } from '../lib/stacks/project-file.ts';
import { stageOf } from '../lib/stacks/stage.ts';
import { streamsOf } from '../lib/stacks/streams-of.ts';
import { compileWorkflow } from '../lib/workflow/index.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

try {
  const app = newApp();
  const folder = process.env['MILLRACE_PROJECT'] ?? root;
  const project = await loadProject(folder);
  // A stage that is not there is told before anything is bundled.
  stageOf(app, project.config);
  const file = await readProjectFile(root, folder, project.sources);
  const bundles = path.join(root, 'dist', 'bundles');
  await bundleFunctions({ root, out: bundles, functions: FUNCTIONS, project: file, projectFolder: folder });
  addStage({ app, config: project.config, definition: compileWorkflow(project.workflows.get('batch')!, project.graph), bundles, project: file, streams: streamsOf(project, await readFeatureFiles(path.join(folder, 'features'))), predictors: [...(await loadPredictors(path.join(folder, 'predictors'))).keys()], account: process.env['CDK_DEFAULT_ACCOUNT'] });
  app.synth();
} catch (error) {
  if (!(error instanceof MillraceError)) throw error;
  console.error(`millrace: ${error.message}${error.where === undefined ? '' : `\n  where  ${error.where}`}${error.todo === undefined ? '' : `\n  todo   ${error.todo}`}`);
  process.exitCode = 1;
}
