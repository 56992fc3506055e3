// One AWS service, reached by signed requests over Node's own fetch: a hundred lines where its SDK client has hundreds of kilobytes.
import { MillraceError, messageOf } from '../errors.ts';
import type { Clock } from '../clock.ts';
import { escaped, signedHeaders, type AwsCredentials } from './signature.ts';

export interface AwsService {
  /** As the signature names it: `s3`, `kinesis`, `apigateway`. */
  service: string;
  region: string;
  credentials: () => AwsCredentials | Promise<AwsCredentials>;
  clock: Clock;
  /** Where a rehearsal has it; default: the service's own of the region. */
  endpoint?: string;
  /** 0 to 1, for the jitter of pauses. */
  random?: () => number;
  /** One try is given up after so long; default 2,000. */
  timeoutMilliseconds?: number;
  /** Default 3. */
  tries?: number;
}

export interface AwsRequest {
  method: string;
  /** Of parts that are not escaped yet: `['bucket', 'a folder/name']` gives `/bucket/a%20folder/name`. */
  path?: readonly string[];
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
}

/** `tries`: how often it was sent until it was answered. */
export interface AwsAnswer { status: number; body: Uint8Array; headers: Headers; tries: number }

/** Sends one request. Statuses of 400 to 499 but 429 are answers; @throws `io` where the service cannot be reached, or goes on failing. */
export type AwsRequests = (request: AwsRequest) => Promise<AwsAnswer>;

export function awsRequests({ service, region, credentials, clock, endpoint = `https://${service}.${region}.amazonaws.com`, random = Math.random, timeoutMilliseconds = 2_000, tries: most = 3 }: AwsService): AwsRequests {
  return async ({ method, path = [], query = {}, headers = {}, body = '' }) => {
    const place = `${endpoint}/${path.map((part) => part.split('/').map(escaped).join('/')).join('/')}`;
    const search = Object.entries(query).map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&');
    const url = new URL(search === '' ? place : `${place}?${search}`);
    let trouble = '';
    for (let tries = 1; tries <= most; tries++) {
      if (tries > 1) await clock.sleep(50 * 2 ** (tries - 2) * (0.5 + random()));
      try {
        const signed = signedHeaders({ method, url, headers, body }, { service, region, credentials: await credentials(), now: clock.now() });
        const response = await fetch(url, { method, headers: signed, signal: AbortSignal.timeout(timeoutMilliseconds), ...(body.length === 0 ? {} : { body: body as string }) });
        const answer: AwsAnswer = { status: response.status, body: new Uint8Array(await response.arrayBuffer()), headers: response.headers, tries };
        if (response.status < 500 && response.status !== 429) return answer;
        trouble = `${response.status} ${textOf(answer).slice(0, 300)}`;
      } catch (thrown) {
        trouble = messageOf(thrown);
      }
    }
    throw new MillraceError('io', `${service} does not answer: ${trouble}`, { where: `${url.host}${url.pathname}`, todo: 'It was tried several times. If it goes on: look at the permissions of the role, and whether the place exists.' });
  };
}

export function textOf({ body }: Pick<AwsAnswer, 'body'>): string {
  return Buffer.from(body).toString('utf8');
}

/** What the service said no to. */
export function refused(what: string, answer: AwsAnswer): MillraceError {
  return new MillraceError('io', `${what} was refused: ${answer.status} ${textOf(answer).slice(0, 300)}`, { todo: answer.status === 403 ? 'Look at the permissions of the role.' : 'The message is the service’s own.' });
}

/** The credentials that Lambda puts into the environment of a function. */
export function environmentCredentials(environment: NodeJS.ProcessEnv): AwsCredentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = environment;
  if (accessKeyId === undefined || secretAccessKey === undefined) throw new MillraceError('usage', 'the environment has no AWS credentials', { todo: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.' });
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined || sessionToken === '' ? {} : { sessionToken }) };
}
