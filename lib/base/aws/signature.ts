// Requests signed with AWS Signature Version 4, for functions in which an SDK client would weigh more than all the rest.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { createHash, createHmac } from 'node:crypto';

export interface AwsCredentials { accessKeyId: string; secretAccessKey: string; sessionToken?: string }

export interface PlainRequest {
  method: string;
  /** Its path and query are escaped already, as `escaped` does. */
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array;
}

export interface Signing { service: string; region: string; credentials: AwsCredentials; now: number }

/** All headers of the request, the signature among them, but `host`, which whoever sends it adds. */
export function signedHeaders({ method, url, headers, body }: PlainRequest, { service, region, credentials, now }: Signing): Record<string, string> {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const all: Record<string, string> = {
    ...headers, 'x-amz-date': time, ...(credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken }),
    'x-amz-content-sha256': sha256(body),
  };
  const signed: Record<string, string> = { ...Object.fromEntries(Object.entries(all).map(([name, value]) => [name.toLowerCase(), value.trim()])), host: url.host };
  const names = Object.keys(signed).sort();
  const query = url.search.slice(1).split('&').filter((part) => part !== '').sort().join('&');
  // Every service but S3 takes the path escaped once more.
  const path = service === 's3' ? url.pathname : url.pathname.split('/').map(escaped).join('/');
  const canonical = [method, path, query, ...names.map((name) => `${name}:${signed[name]!}`), '', names.join(';'), sha256(body)].join('\n');
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const key = [time.slice(0, 8), region, service, 'aws4_request'].reduce<string | Buffer>((last, part) => createHmac('sha256', last).update(part).digest(), `AWS4${credentials.secretAccessKey}`);
  const signature = createHmac('sha256', key).update(['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).digest('hex');
  return { ...all, authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}` };
}

/** As the signature wants it: all but letters, digits and `-._~`. */
export function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
