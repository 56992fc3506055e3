// Inputs that a version was asked with, and that the project declares no more.
import type { FeatureSet } from '../../features/index.ts';
import { viewOf, type ModelCard } from '../../learning/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import { givenIn } from './served.ts';

/** In words: only the log has them. */
export function undeclaredInputs(features: FeatureSet, { features: logged, response }: Pick<PredictionRecord, 'features' | 'response'>, { features: names }: Pick<ModelCard, 'features'>): string[] {
  const [values, given] = [JSON.parse(logged) as Readonly<Record<string, unknown>>, givenIn(response)];
  const gone = names.filter((name) => name.includes('.') && name in values && !given.has(name) && !isDeclared(features, name));
  return gone.length === 0 ? [] : [`features/ declares ${gone.join(', ')} no more: taken from the log, not read again`];
}

/** Whether a view that there is has the feature. */
export function isDeclared(features: FeatureSet, name: string): boolean {
  const view = viewOf(features, name);
  return view !== undefined && features.views.get(view)!.features.some((feature) => `${view}.${feature.name}` === name);
}
