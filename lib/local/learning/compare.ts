// Two versions on the same rows: those that the later one was tested on, from the snapshots that it was trained on.
import { MillraceError, messageOf } from '../../base/index.ts';
import { byMaturity, laterWindow, measure, readDataset, sampleCondition, scorerOf, trainingSql, type Dataset, type ModelCard } from '../../learning/index.ts';
import type { Runtime } from '../runtime.ts';
import { featuresOf, predictorNamed, registryOf } from './train.ts';

export interface ComparedVersions {
  cards: readonly [ModelCard, ModelCard];
  /** undefined where they cannot be asked of the same rows. */
  same?: { rows: number; asOf: string; metrics: readonly [Readonly<Record<string, number>>, Readonly<Record<string, number>>] };
  /** Then: why not. */
  why?: string;
}

/** Each with its own features, which may be others than the other's. @throws `not_found` for a version that there is not */
export async function compareVersions(runtime: Runtime, name: string, a: string, b: string): Promise<ComparedVersions> {
  const predictor = await predictorNamed(runtime, name);
  const registry = registryOf(runtime);
  const cards = [await registry.card(name, a), await registry.card(name, b)] as const;
  try {
    const models = [await registry.model(name, a), await registry.model(name, b)] as const;
    if (predictor.label === undefined || models.some((model) => scorerOf(model) === undefined)) return { cards, why: 'it does not answer row by row' };
    // Neither has learned from what the one that knows more was tested on.
    const later = cards[1].asOf >= cards[0].asOf ? cards[1] : cards[0];
    const features = await featuresOf(runtime);
    const union = [...new Set([...cards[0].features, ...cards[1].features])];
    const wide = { ...predictor, features: union };
    const sql = trainingSql(wide, features);
    // A version that was tested on a part of the rows is compared on the same part.
    const rows = later.sample === undefined ? {} : { only: sampleCondition(wide, later.sample.share), rows: Math.round(later.sample.share * later.sample.of) };
    const data = await readDataset(await runtime.engine(), wide, features, await runtime.parameters(later.asOf, sql), runtime.signal, later.snapshots, rows);
    const { test } = laterWindow({ ...wide, split: later.split ?? predictor.split }, data, byMaturity(data).known);
    const metricsOf = (index: 0 | 1): Readonly<Record<string, number>> => {
      const own = cards[index].features;
      const narrow: Dataset = { ...data, columns: own.map((feature) => data.columns[union.indexOf(feature)]!) };
      return measure({ ...predictor, features: own }, models[index], narrow, test).metrics;
    };
    return { cards, same: { rows: test.length, asOf: later.asOf, metrics: [metricsOf(0), metricsOf(1)] } };
  } catch (thrown) {
    if (!(thrown instanceof MillraceError)) throw thrown;
    return { cards, why: messageOf(thrown) };
  }
}
