// Training by a job of SageMaker's: its rows and its order are written here, and the trees that it leaves are taken in.
import { deserialize, serialize } from 'node:v8';
import { MillraceError } from '../../lib/base/index.ts';
import { jobFiles, jobHyperparameters, jobModel } from '../../lib/learning/aws/index.ts';
import { boostingRows, type TrainingSet, type TreeModel } from '../../lib/learning/index.ts';
import type { PreparedTraining } from '../../lib/local/index.ts';
import type { LearningRuntime } from './runtime.ts';

/** When a job trains, and where it finds and leaves things. */
export interface JobPlace {
  /** Rows above which it does. */
  aboveRows: number;
  /** `s3://bucket/training`; what is below it expires. */
  folder: string;
}

/** What the state machine gives to SageMaker, and back to `adopt`. */
export interface JobOrder {
  /** Of the job, and of its folder. */
  name: string;
  /** Where the training set is kept until then. */
  prepared: string;
  output: string;
  hyperparameters: Record<string, string>;
  channels: { ChannelName: 'train' | 'validation'; ContentType: 'text/csv'; DataSource: { S3DataSource: { S3DataType: 'S3Prefix'; S3Uri: string; S3DataDistributionType: 'FullyReplicated' } } }[];
}

/** Writes what a job needs; undefined where the function itself is to train. @throws `unsupported`, before anything is written, for settings that no job takes, and for a search for settings. */
export async function orderJob({ lake, clock }: LearningRuntime, prepared: PreparedTraining, { aboveRows, folder }: JobPlace, stage: string, { tune = false } = {}): Promise<JobOrder | undefined> {
  const { predictor, data } = prepared;
  // Fewer rows in all cannot be more in a part.
  if (predictor.algorithm.kind !== 'gradient_boosting' || data.labels.length <= aboveRows) return undefined;
  const { training, validation } = boostingRows(predictor, data);
  if (training.labels.length <= aboveRows) return undefined;
  if (tune) {
    throw new MillraceError('unsupported', `settings of ${predictor.name} are not searched for: a job trains it, since it has ${training.labels.length} rows`, {
      where: `predictors/${predictor.name}.ts`, todo: 'Search in a home over a part of the rows (millrace train --tune), and declare what is found; or leave tune out.',
    });
  }
  const weighted = training.weights !== undefined;
  const hyperparameters = jobHyperparameters(predictor, { weighted });
  const name = jobName(stage, predictor.name, clock.now());
  const { files } = lake.context;
  const channel = async (channelName: 'train' | 'validation', set: TrainingSet): Promise<JobOrder['channels'][number]> => {
    const place = `${folder}/jobs/${name}/${channelName}/`;
    let part = 0;
    for (const bytes of jobFiles(set, { weighted })) await files.write(`${place}part-${String(part++).padStart(5, '0')}.csv`, bytes);
    return { ChannelName: channelName, ContentType: 'text/csv', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: place, S3DataDistributionType: 'FullyReplicated' } } };
  };
  const channels = [await channel('train', training), ...(validation === undefined ? [] : [await channel('validation', validation)])];
  const kept = `${folder}/sets/${name}`;
  await files.write(kept, serialize({ ...prepared, predictor: JSON.stringify(predictor) }));
  return { name, prepared: kept, output: `${folder}/jobs/${name}/output`, hyperparameters, channels };
}

/** The training set as it was when the job was ordered, and the trees that the job grew from it. @throws `conflict` where the predictor is declared otherwise by now. */
export async function jobResult({ lake, learning }: LearningRuntime, predictorName: string, { prepared: kept, output }: Pick<JobOrder, 'prepared' | 'output'>, artifact: string): Promise<{ prepared: PreparedTraining; grown: TreeModel }> {
  const { files } = lake.context;
  if (!artifact.startsWith(`${output}/`)) throw new MillraceError('bad_input', 'the model lies elsewhere than the job was told', { where: artifact, todo: `It is expected below ${output}.` });
  const { predictor: then, ...rest } = deserialize(await files.read(kept)) as Omit<PreparedTraining, 'predictor'> & { predictor: string };
  const predictor = learning!.predictors.get(predictorName);
  if (predictor === undefined || JSON.stringify(predictor) !== then) {
    throw new MillraceError('conflict', `${predictorName} is declared otherwise than when its training job began`, { where: kept, todo: 'Start learning again.' });
  }
  return { prepared: { ...rest, predictor }, grown: jobModel(await files.read(artifact), predictor, artifact) };
}

/** At most 63 letters, digits and hyphens, and no two alike: a predictor is trained once at a time. */
function jobName(stage: string, predictor: string, now: number): string {
  const time = now.toString(36);
  return `${`${stage}-${predictor}`.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 62 - time.length)}-${time}`;
}
