// What a table was computed from, as its last publication tells.
import { expandSources } from '../models/sources.ts';
import { findTable, publishedState, type RunContext } from './context.ts';
import { definitionFingerprint } from './fingerprint.ts';
import { modelOf } from './plan.ts';

/**
 * Table → snapshot that the model's rows were computed from; null where it was empty. undefined where nothing was published, where somebody
 * else wrote last, where the model has been changed since, and where one of these snapshots has expired.
 */
export async function publishedInputs({ project, lake }: Pick<RunContext, 'project' | 'lake'>, name: string): Promise<Record<string, string | null> | undefined> {
  const model = modelOf({ project }, name);
  const state = publishedState(await findTable(lake, name));
  if (state === undefined || state.definition !== definitionFingerprint(model, expandSources(model.sql, project.sources, new Set(), model.file))) return undefined;
  const kept = await Promise.all(Object.entries(state.inputs).map(async ([input, snapshot]) =>
    snapshot === null || (await findTable(lake, input))?.metadata.snapshots.some((each) => String(each['snapshot-id']) === snapshot) === true));
  return kept.every(Boolean) ? state.inputs : undefined;
}
