// What lib/stacks/batch-stack.ts puts into the environment of every function.
import { MillraceError } from '../../lib/base/index.ts';

const SETTINGS = [
  'MILLRACE_APP', 'MILLRACE_STAGE', 'MILLRACE_LAKE', 'MILLRACE_LANDING', 'MILLRACE_WORKGROUP', 'MILLRACE_PRIVACY_KEYS',
  'MILLRACE_SHOP_TIME_ZONE', 'MILLRACE_SHOP_CURRENCY', 'MILLRACE_SCRATCH_MB',
] as const;

export interface Settings extends Readonly<Record<(typeof SETTINGS)[number], string>> {
  /** Where requests for the task of big files are put, `s3://bucket/folder`; undefined: there is no such task. */
  readonly MILLRACE_BIG_FILES?: string;
}

/** The settings of this function, or an error that names what is missing. */
export function settingsFrom(environment: NodeJS.ProcessEnv): Settings {
  const missing = SETTINGS.filter((name) => (environment[name] ?? '') === '');
  if (missing.length > 0) {
    throw new MillraceError('usage', `the environment lacks ${missing.join(', ')}`, { where: environment['AWS_LAMBDA_FUNCTION_NAME'] ?? 'the function', todo: 'Deploy the batch stack again.' });
  }
  const bigFiles = environment['MILLRACE_BIG_FILES'];
  const required = Object.fromEntries(SETTINGS.map((name) => [name, environment[name]])) as Record<(typeof SETTINGS)[number], string>;
  return { ...required, ...(bigFiles === undefined ? {} : { MILLRACE_BIG_FILES: bigFiles }) };
}
