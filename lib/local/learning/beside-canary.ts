// An experiment on a model and a canary of it are never at once: the challenger would be watched on some units and compared on others.
import { MillraceError } from '../../base/index.ts';
import type { ModelRegistry } from '../../learning/index.ts';

/** What the subject of an experiment on a model begins with; the predictor follows. */
const ON_MODEL = 'predict:';

/**
 * Of experiments that are about to decide.
 * @param stage of an account, for what to do about it
 * @throws MillraceError `conflict` where a canary of the predictor of one of them runs.
 */
export async function checkNoCanary(registry: Pick<ModelRegistry, 'state'>, experiments: readonly { name: string; subject: string }[], stage?: string): Promise<void> {
  for (const { name, subject } of experiments) {
    if (!subject.startsWith(ON_MODEL)) continue;
    const predictor = subject.slice(ON_MODEL.length);
    const { canary } = await registry.state(predictor);
    if (canary === undefined) continue;
    const end = (command: string): string => `millrace ${command}${stage === undefined ? '' : ` --stage ${stage}`}`;
    throw new MillraceError('conflict', `version ${canary.version} of ${predictor} is a canary, and the experiment '${name}' would decide who gets it`, {
      todo: `Let the canary end, or end it: ${end(`promote ${predictor} ${canary.version}`)}, or ${end(`rollback ${predictor}`)}.`,
    });
  }
}
