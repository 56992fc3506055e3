// The keys of privacy from the Lambda extension for secrets: over HTTP on this machine, so that no AWS client is carried and loaded.
import { MillraceError, messageOf, type Clock } from '../../lib/base/index.ts';
import { keysFromSecret, type PrivacyKey, type PrivacyKeys } from '../../lib/ingest/events/index.ts';

const KEPT_MILLISECONDS = 5 * 60_000;
/** The extension answers 400 until it has started, which is about as long as the function takes. */
const TRIES = 6;
const FIRST_PAUSE_MILLISECONDS = 50;

export interface SecretsExtensionOptions {
  /** Name or ARN of the secret. */
  secret: string;
  /** `http://localhost:2773` */
  endpoint: string;
  /** AWS_SESSION_TOKEN of the function: shows the extension that the function itself is asking. */
  token: string;
  clock: Clock;
  fetch?: typeof globalThis.fetch;
}

/** The current key, read anew every few minutes so that a rotation arrives. While that fails, the last one goes on being used. */
export function keyFromExtension({ secret, endpoint, token, clock, fetch = globalThis.fetch }: SecretsExtensionOptions): () => Promise<PrivacyKey> {
  let kept: { keys: PrivacyKeys; until: number } | undefined;
  const read = async (): Promise<PrivacyKeys> => {
    const response = await fetch(`${endpoint}/secretsmanager/get?secretId=${encodeURIComponent(secret)}`, { headers: { 'X-Aws-Parameters-Secrets-Token': token } });
    const body = await response.text();
    if (!response.ok) throw new MillraceError('io', `the secrets extension answers ${response.status}: ${body.slice(0, 200)}`, { where: secret });
    return keysFromSecret((JSON.parse(body) as { SecretString?: string }).SecretString ?? '', secret);
  };
  const readPatiently = async (): Promise<PrivacyKeys> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await read();
      } catch (cause) {
        if (attempt === TRIES || (cause instanceof MillraceError && cause.code === 'bad_input')) {
          throw new MillraceError('io', `the keys of privacy cannot be read: ${messageOf(cause)}`, {
            where: secret, todo: 'Is the secrets extension a layer of the function, and may it call secretsmanager:GetSecretValue and kms:Decrypt?', cause,
          });
        }
        await clock.sleep(FIRST_PAUSE_MILLISECONDS * 2 ** (attempt - 1));
      }
    }
  };
  return async () => {
    if (kept === undefined || clock.now() >= kept.until) {
      try {
        kept = { keys: await readPatiently(), until: clock.now() + KEPT_MILLISECONDS };
      } catch (error) {
        if (kept === undefined) throw error;
        kept.until = clock.now() + KEPT_MILLISECONDS;
      }
    }
    return kept.keys.current();
  };
}
