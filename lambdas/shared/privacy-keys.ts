// Keys of privacy from Secrets Manager, fetched when a file first needs them and again after a while, so that a rotation arrives.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { MillraceError, messageOf, type Clock } from '../../lib/base/index.ts';
import { keysFromSecret, type PrivacyKeys } from '../../lib/ingest/index.ts';

const KEPT_MILLISECONDS = 5 * 60_000;

export interface SecretKeysOptions {
  secret: string;
  clock: Clock;
  client: { endpoint?: string; region?: string };
}

export function secretKeys({ secret, clock, client: settings }: SecretKeysOptions): PrivacyKeys {
  const client = new SecretsManagerClient(settings);
  let kept: { keys: PrivacyKeys; until: number } | undefined;
  const keys = async (): Promise<PrivacyKeys> => {
    if (kept === undefined || clock.now() >= kept.until) {
      const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secret })).catch((cause: unknown) => {
        throw new MillraceError('io', `the keys of privacy cannot be read: ${messageOf(cause)}`, {
          where: secret, todo: 'Allow the function secretsmanager:GetSecretValue on it, and kms:Decrypt on its key.', cause,
        });
      });
      kept = { keys: keysFromSecret(SecretString, secret), until: clock.now() + KEPT_MILLISECONDS };
    }
    return kept.keys;
  };
  return { current: async () => (await keys()).current(), byId: async (id) => (await keys()).byId(id) };
}
