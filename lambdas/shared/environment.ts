// Settings of functions that carry neither the project nor DuckDB.
import { MillraceError } from '../../lib/base/index.ts';

/** @throws `usage` that names the setting, and the stack that gives it. */
export function settingOf(environment: NodeJS.ProcessEnv, name: string, stack: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new MillraceError('usage', `the environment lacks ${name}`, { where: environment['AWS_LAMBDA_FUNCTION_NAME'] ?? 'the function', todo: `Deploy the ${stack} stack again.` });
  return value;
}
