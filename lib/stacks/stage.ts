// One stage of one app: its settings, its names, and whether its data may go with the stack.
import { Aws, RemovalPolicy, type App } from 'aws-cdk-lib';
import { MillraceError, type ProjectConfig, type StageSettings } from '../base/index.ts';
import { checkStage } from './stage-limits.ts';

/** Layers whose tables are models: the folders of sql/. */
export const MODEL_LAYERS = ['silver', 'gold', 'features', 'training'] as const;

/** The layers of the lake, each a Glue database. */
export const LAYERS = ['bronze', ...MODEL_LAYERS, 'ops', 'staging'] as const;
export type Layer = (typeof LAYERS)[number];

export interface Stage {
  app: string;
  name: string;
  settings: StageSettings;
  shop: ProjectConfig['shop'];
  /** Settings of the API that the project has beside its stages. */
  pricing: ProjectConfig['pricing'];
  shipping: ProjectConfig['shipping'];
  /** RETAIN, unless the stage is `deletable` and the command says `-c delete=<stage>`: two hands to delete data. */
  removal: RemovalPolicy;
  /** `millrace-dev-batch` */
  resource(name: string): string;
  /** `millrace_dev_bronze` */
  database(layer: Layer): string;
  /** `millrace-dev-lake-<account>-<region>`. Stacks share names rather than references, so that none holds another back. */
  bucket(name: BucketName): string;
  /** The ARN of a bucket, or of objects in it: `bronze/*`. */
  bucketArn(name: BucketName, objects?: string): string;
}

export type BucketName = 'access-logs' | 'landing' | 'lake' | 'results' | 'failed' | 'models';

/** The stage that `-c stage=…` names (default: the first one in millrace.config.ts). */
export function stageOf(app: App, config: ProjectConfig): Stage {
  const asked = (app.node.tryGetContext('stage') as string | undefined) ?? Object.keys(config.stages)[0];
  const settings = asked === undefined ? undefined : config.stages[asked];
  if (asked === undefined || settings === undefined) {
    throw new MillraceError('usage', `there is no stage '${String(asked)}'`, {
      where: 'millrace.config.ts',
      todo: `Use one of: ${Object.keys(config.stages).join(', ')} (cdk … -c stage=NAME), or add it there.`,
    });
  }
  checkStage(asked, settings);
  const deleting = app.node.tryGetContext('delete') === asked;
  if (deleting && !settings.deletable) {
    throw new MillraceError('usage', `stage '${asked}' is not deletable`, { where: 'millrace.config.ts', todo: 'Set deletable: true for the stage first, deploy, then delete.' });
  }
  const resource = (name: string) => `${config.app}-${asked}-${name}`;
  const bucket = (name: BucketName) => `${resource(name)}-${Aws.ACCOUNT_ID}-${Aws.REGION}`;
  return {
    app: config.app,
    name: asked,
    settings,
    shop: config.shop,
    pricing: config.pricing,
    shipping: config.shipping,
    removal: deleting ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    resource,
    bucket,
    bucketArn: (name, objects) => `arn:${Aws.PARTITION}:s3:::${bucket(name)}${objects === undefined ? '' : `/${objects}`}`,
    database: (layer) => `${config.app}_${asked}_${layer}`.replaceAll('-', '_'),
  };
}
