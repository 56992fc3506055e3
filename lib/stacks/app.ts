// The CDK app of one stage: its stacks, the flags, the security rules, and the bundles that they deploy.
import { createHash } from 'node:crypto';
import { App, Tags, Validations, type AppProps } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { ProjectConfig } from '../base/index.ts';
import type { ProjectFile } from '../batch/index.ts';
import type { StateMachine } from '../workflow/index.ts';
import { BatchStack } from './batch-stack.ts';
import { FLAGS } from './flags.ts';
import { FoundationStack } from './foundation-stack.ts';
import { LearningStack } from './learning-stack.ts';
import { LOGGED, ServingStack } from './serving-stack.ts';
import { stageOf, type Stage } from './stage.ts';
import { StreamStack } from './stream-stack.ts';
import type { Streams } from './streams-of.ts';

/** An app with Millrace's flags. `props` is for tests; the CDK command line gives its own through the environment. */
export function newApp(props: AppProps = {}): App {
  return new App({ ...props, postCliContext: { ...FLAGS, ...props.postCliContext } });
}

export interface StageAppOptions {
  app: App;
  config: ProjectConfig;
  /** The compiled batch workflow. */
  definition: StateMachine;
  /** Folder with one bundle a function. */
  bundles: string;
  project: ProjectFile;
  streams: Streams;
  /** Names of the predictors that the project declares. */
  predictors: readonly string[];
  /** Account of the credentials, where the stage names none. */
  account?: string;
}

export interface StageStacks { stage: Stage; foundation: FoundationStack; batch: BatchStack; stream?: StreamStack; serving?: ServingStack; learning?: LearningStack }

/** The stacks of the stage that the context names. A finding of the security rules that nobody answered for fails the synthesis. */
export function addStage({ app, config, definition, bundles, project, streams, predictors, account }: StageAppOptions): StageStacks {
  const stage = stageOf(app, config);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const env = { account: stage.settings.account ?? account, region: stage.settings.region };
  const foundation = new FoundationStack(app, `${stage.app}-${stage.name}-foundation`, { stage, env });
  const batch = new BatchStack(app, `${stage.app}-${stage.name}-batch`, { foundation, definition, bundles, projectHash: hashOf(project), env });
  batch.addStackDependency(foundation, 'Buckets and databases are named, not referred to.');
  Tags.of(app).add('app', stage.app);
  Tags.of(app).add('stage', stage.name);
  const learning = predictors.length === 0 ? undefined : new LearningStack(app, `${stage.app}-${stage.name}-learning`, { foundation, bundles, env });
  learning?.addStackDependency(batch, 'Training sets read the tables that the batch makes; alarms end in its topic.');
  const made = { stage, foundation, batch, ...(learning === undefined ? {} : { learning }) };
  if (streams.contracts.length === 0) return made;
  const stream = new StreamStack(app, `${stage.app}-${stage.name}-stream`, { foundation, bundles, ...streams, env });
  stream.addStackDependency(batch, 'Tables are made by the custom resource of the batch before anything is delivered into them; alarms end in its topic.');
  if (!LOGGED.every((name) => streams.contracts.includes(name))) return { ...made, stream };
  const serving = new ServingStack(app, `${stage.app}-${stage.name}-serving`, { foundation, bundles, version: project.version, hasFeatures: streams.featured.length > 0, env });
  serving.addStackDependency(stream, 'The log goes to its streams, and the online features are in its table.');
  return { ...made, stream, serving };
}

/** Changes when contracts, models or the version do, and with it the tables are applied again. */
function hashOf(project: ProjectFile): string {
  return createHash('sha256').update(JSON.stringify(project)).digest('hex').slice(0, 32);
}
