// What lib/stacks/batch-stack.ts puts into the environment of every function.
import { MillraceError } from '../../lib/base/index.ts';

const SETTINGS = [
  'MILLRACE_APP', 'MILLRACE_STAGE', 'MILLRACE_LAKE', 'MILLRACE_LANDING', 'MILLRACE_WORKGROUP', 'MILLRACE_PRIVACY_KEYS',
  'MILLRACE_SHOP_TIME_ZONE', 'MILLRACE_SHOP_CURRENCY', 'MILLRACE_SCRATCH_MB',
] as const;

export type Settings = Readonly<Record<(typeof SETTINGS)[number], string>>;

/** The settings of this function, or an error that names what is missing. */
export function settingsFrom(environment: NodeJS.ProcessEnv): Settings {
  const missing = SETTINGS.filter((name) => (environment[name] ?? '') === '');
  if (missing.length > 0) {
    throw new MillraceError('usage', `the environment lacks ${missing.join(', ')}`, { where: environment['AWS_LAMBDA_FUNCTION_NAME'] ?? 'the function', todo: 'Deploy the batch stack again.' });
  }
  return Object.fromEntries(SETTINGS.map((name) => [name, environment[name]])) as Settings;
}
