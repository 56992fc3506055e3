// The transform of Firehose: events checked by their contracts, pseudonymised, and each told its table.
import { MillraceError, systemClock } from '../../lib/base/index.ts';
import { EVENT_PLANS } from '../shared/event-plans.ts';
import { keyFromExtension } from './secrets-extension.ts';
import { validateHandler } from './transform.ts';

const { env } = process;
const setting = (name: string): string => {
  const value = env[name];
  if (value === undefined || value === '') throw new MillraceError('usage', `the environment lacks ${name}`, { where: env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'the function', todo: 'Deploy the stream stack again.' });
  return value;
};

export const handler = validateHandler({
  settings: { stage: `${setting('MILLRACE_APP')}-${setting('MILLRACE_STAGE')}`, streamPrefix: setting('MILLRACE_STREAM_PREFIX'), bronzeDatabase: setting('MILLRACE_BRONZE_DATABASE') },
  plans: EVENT_PLANS,
  key: keyFromExtension({
    secret: setting('MILLRACE_PRIVACY_KEYS'), endpoint: `http://localhost:${env['PARAMETERS_SECRETS_EXTENSION_HTTP_PORT'] ?? '2773'}`, token: env['AWS_SESSION_TOKEN'] ?? '', clock: systemClock,
  }),
  clock: systemClock,
  // Past the console, which would wrap the line: the service reads metrics from lines that are nothing else.
  log: (line) => process.stdout.write(`${line}\n`),
});
