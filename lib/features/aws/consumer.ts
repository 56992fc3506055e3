// The consumer of an account's streams, the event source mappings of the function `features`: stopped while its table is filled, and started again.
import { MillraceError, type Clock } from '../../base/index.ts';
import { refused, textOf, type AwsRequests } from '../../base/aws/index.ts';

export interface AccountConsumer {
  /** From which streams it reads, by name. */
  streams(): Promise<string[]>;
  /** Resolves when no call is under way any more. It goes on later where it stopped. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

interface MappingOut { UUID: string; State: string; EventSourceArn: string }

const API = '2015-03-31';
const ASKED_EVERY_MS = 2000;
const MOST_QUESTIONS = 150;

/** `requests`: of Lambda. */
export function accountConsumer(requests: AwsRequests, functionName: string, clock: Clock): AccountConsumer {
  const ask = async (method: string, path: readonly string[], query: Record<string, string>, body?: object): Promise<Record<string, unknown>> => {
    const answer = await requests({ method, path: [API, ...path], query, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });
    if (answer.status >= 300) throw refused(`${method} ${path.join('/')} of ${functionName}`, answer);
    return JSON.parse(textOf(answer)) as Record<string, unknown>;
  };
  const mappings = async (): Promise<MappingOut[]> => {
    const { EventSourceMappings = [] } = await ask('GET', ['event-source-mappings', ''], { FunctionName: functionName }) as { EventSourceMappings?: MappingOut[] };
    if (EventSourceMappings.length === 0) throw new MillraceError('not_found', `the function ${functionName} reads from no stream`, { todo: 'Deploy the stream stack first.' });
    return EventSourceMappings;
  };
  const bring = async (state: 'Enabled' | 'Disabled'): Promise<void> => {
    const all = await mappings();
    for (const { UUID, State } of all) if (State !== state) await ask('PUT', ['event-source-mappings', UUID], {}, { Enabled: state === 'Enabled' });
    for (let asked = 0; (await mappings()).some(({ State }) => State !== state); asked++) {
      if (asked === MOST_QUESTIONS) throw new MillraceError('io', `the mappings of ${functionName} are still not ${state.toLowerCase()}`, { todo: 'Look at them in the Lambda console; then run it again.' });
      await clock.sleep(ASKED_EVERY_MS);
    }
  };
  return {
    streams: async () => (await mappings()).map(({ EventSourceArn }) => EventSourceArn.slice(EventSourceArn.lastIndexOf('/') + 1)).sort(),
    pause: () => bring('Disabled'),
    resume: () => bring('Enabled'),
  };
}
