// Who calls the API of an account: looked up by the hash of the key, told to API Gateway with what it may do and whose usage plan counts it.
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { hashOf, type KeyStore } from '../keys.ts';
import type { AuthorizerContext } from './gateway.ts';

/** The word that API Gateway makes a 401 of. */
const UNAUTHORIZED = 'Unauthorized';

/**
 * The answer holds for every route, since API Gateway keeps it for a while under the key alone; the app checks the scope of each. The usage plan's key
 * has the hash as its value, so that the key itself is kept nowhere.
 */
export async function authorize(keys: KeyStore, event: Pick<APIGatewayRequestAuthorizerEvent, 'headers' | 'methodArn'>): Promise<APIGatewayAuthorizerResult> {
  const given = Object.entries(event.headers ?? {}).find(([name]) => name.toLowerCase() === 'x-api-key')?.[1];
  const hash = given === undefined || given === '' ? undefined : hashOf(given);
  const key = hash === undefined ? undefined : await keys.byHash(hash);
  if (hash === undefined || key === undefined) throw new Error(UNAUTHORIZED);
  // arn:aws:execute-api:region:account:api/stage/GET/path
  const [api = '', stage = ''] = event.methodArn.split('/');
  const context: AuthorizerContext = { keyId: key.id, hash, scopes: key.scopes.join(' ') };
  return {
    principalId: key.id,
    usageIdentifierKey: hash,
    context: { ...context },
    policyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: `${api}/${stage}/*` }] },
  };
}
