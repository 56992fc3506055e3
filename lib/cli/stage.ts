// The stage of an account that `--stage` names.
import { MillraceError, type StageSettings } from '../base/index.ts';
import type { Invocation, VerbOption } from './verb.ts';

export const STAGE_OPTION: VerbOption = { flags: '--stage <name>', description: 'of an account, a stage of millrace.config.ts; default: this home' };

export interface NamedStage { /** `millrace-dev` */ name: string; settings: StageSettings }

/** undefined where none is named. @throws `usage` for one that there is not. */
export async function stageOf(invocation: Invocation): Promise<NamedStage | undefined> {
  const { stage } = invocation.options;
  if (typeof stage !== 'string') return undefined;
  const { loadProject } = await import('../local/project.ts');
  const { config } = await loadProject(invocation.project);
  const settings = config.stages[stage];
  if (settings === undefined) throw new MillraceError('usage', `there is no stage '${stage}'`, { where: 'millrace.config.ts', todo: `There are ${Object.keys(config.stages).join(', ')}.` });
  return { name: `${config.app}-${stage}`, settings };
}
