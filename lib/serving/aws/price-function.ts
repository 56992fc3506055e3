// The function of a stage that makes lists of prices, called from elsewhere: with the credentials that the SDK finds.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EXIT_CODES, MillraceError, messageOf, type Clock, type ErrorCode } from '../../base/index.ts';
import { awsRequests, endpointIn, refused, textOf } from '../../base/aws/index.ts';

/** `export` hands over again what gold.prices holds; by default a new list is made, by a policy. */
export interface PricesEvent { step?: 'compute' | 'export'; policy?: string }

/** `list`: null where nothing is known yet that prices could be made from; `demand`: the version that the scoring function is given, null: none; it stays what it is where a list is handed over again. */
export interface PricesResult { list: string | null; rows: number; policy?: string; version?: string; validTo?: string; demand?: string | null }

export interface PriceFunctionOptions {
  /** `millrace-dev` */
  stage: string;
  region: string;
  clock: Clock;
  /** Says where Lambda is, if elsewhere than in the region: `AWS_ENDPOINT_URL_LAMBDA`. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** How long an answer is waited for; default 280,000, since connections seldom live longer. */
  patienceMilliseconds?: number;
}

/** @throws what the function throws, by its own code; `not_found` for a stage without it; `io` where it has not answered in time: it goes on then. */
export async function callPriceFunction({ stage, region, clock, environment = {}, patienceMilliseconds = 280_000 }: PriceFunctionOptions, event: PricesEvent): Promise<PricesResult> {
  const name = `${stage}-prices`;
  const endpoint = endpointIn(environment, 'LAMBDA');
  // Its client finds the credentials; nothing is asked of it.
  const client = new DynamoDBClient({ region });
  const credentials = () => client.config.credentials().catch((cause: unknown) => {
    throw new MillraceError('usage', 'AWS credentials are needed', { todo: 'Sign in (aws sso login), or set AWS_PROFILE.', cause });
  });
  // Once: it may be at work though nothing was heard of it.
  const lambda = awsRequests({ service: 'lambda', region, clock, credentials, timeoutMilliseconds: patienceMilliseconds, tries: 1, ...(endpoint === undefined ? {} : { endpoint }) });
  try {
    await credentials();
    const answer = await lambda({ method: 'POST', path: ['2015-03-31', 'functions', name, 'invocations'], headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) }).catch((cause: unknown) => {
      throw new MillraceError('io', `${name} has not answered: ${messageOf(cause)}`, { where: region, todo: 'If it was reached it goes on: its log and the alarm prices-failed say what became of it; asked again meanwhile it refuses.', cause });
    });
    if (answer.status === 404) throw new MillraceError('not_found', `there is no function ${name}`, { where: region, todo: 'Deploy the serving stack of the stage first.' });
    if (answer.status !== 200) throw refused(`calling ${name}`, answer);
    const body = JSON.parse(textOf(answer)) as PricesResult & { errorType?: string; errorMessage?: string };
    if (answer.headers.has('x-amz-function-error')) throw thrownThere(name, body);
    return body;
  } finally {
    client.destroy();
  }
}

/** As lambdas/shared/handler.ts names errors: the code in the type, all of it in the message. */
function thrownThere(name: string, { errorType = '', errorMessage = '' }: { errorType?: string; errorMessage?: string }): MillraceError {
  const code = errorType.replace(/^Millrace\./, '');
  if (code !== errorType && Object.hasOwn(EXIT_CODES, code)) {
    const { message = errorMessage, where, todo } = JSON.parse(errorMessage) as { message?: string; where?: string; todo?: string };
    return new MillraceError(code as ErrorCode, message, { where: where ?? name, ...(todo === undefined ? {} : { todo }) });
  }
  return new MillraceError('io', `${name} failed: ${errorMessage === '' ? errorType : errorMessage}`, { todo: "The function's log says more." });
}
