// The look for leaks by itself, before anything is trained: what the learning machine does in a step of its own.
import { AT_TIME, readingOptions, sampleOf, timesOf, trainingSql, type LeakCheck } from '../../learning/index.ts';
import type { Runtime } from '../runtime.ts';
import { lookForLeaks, type RowsToLook } from './leak-check.ts';
import { featuresOf, predictorNamed, registryOf, type TrainPredictorOptions } from './train.ts';
import { trainingDate } from './training-date.ts';
import { sourcesBehind } from './training-tables.ts';
import { tablesNamedIn } from '../../warehouse/index.ts';

/** As training does it; reads of the training set nothing but its times, and nothing at all where it was looked through for an earlier version. @throws as `lookForLeaks` does */
export async function lookThrough(runtime: Runtime, name: string, { asOf, allowLeaks = false, onProgress }: Pick<TrainPredictorOptions, 'asOf' | 'allowLeaks' | 'onProgress'> = {}): Promise<LeakCheck | undefined> {
  const { lake, signal } = runtime;
  const predictor = await predictorNamed(runtime, name);
  const features = await featuresOf(runtime);
  const rowsNow = async (): Promise<RowsToLook> => {
    const [project, engine, sql] = [await runtime.project(), await runtime.engine(), trainingSql(predictor, features)];
    const date = await trainingDate({ project, lake, engine, signal }, predictor, sourcesBehind(project, tablesNamedIn(sql)), asOf);
    const options = readingOptions(await runtime.parameters(date, sql), {}, signal);
    // Those that training would learn from, so that both look at the same moments.
    const { only, sample } = await sampleOf(engine, predictor, options) ?? {};
    const { rows } = await engine.query(`SELECT own.${AT_TIME} FROM (\n${predictor.sql.trim().replace(/;$/, '')}\n) AS own${only === undefined ? '' : ` WHERE ${only}`}`, options);
    return { asOf: date, times: timesOf(rows.map(([at]) => at as string)), ...(sample === undefined ? {} : { share: sample.share }) };
  };
  return lookForLeaks(runtime, predictor, features, { rows: rowsNow, earlier: await registryOf(runtime).versions(name), allowLeaks, ...(onProgress === undefined ? {} : { onProgress }) });
}
