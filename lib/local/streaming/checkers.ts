// The checks of a home's streams: those that decide what reaches bronze, which features ask too.
import type { Contract } from '../../contracts/index.ts';
import { eventPlans, openEventChecker, type EventChecker, type PrivacyKey } from '../../ingest/events/index.ts';
import { openKeyFolder } from '../../ingest/index.ts';
import type { Runtime } from '../runtime.ts';

export interface StreamCheck { checker: EventChecker; key: PrivacyKey | undefined }

const KEY_KEPT_MS = 60_000;

/** By the stream's name, with the current key of pseudonyms; a rotation arrives within a minute. */
export function streamChecks({ home, clock }: Runtime, contracts: readonly Contract[]): (stream: string) => Promise<StreamCheck> {
  const plans = eventPlans(contracts);
  const keys = openKeyFolder(home.keys);
  const needsKey = plans.some(({ personal }) => Object.keys(personal).length > 0);
  let key: PrivacyKey | undefined;
  let until = 0;
  const opened = new Map<string, EventChecker>();
  return async (stream) => {
    if (needsKey && clock.now() >= until) {
      key = await keys.current();
      until = clock.now() + KEY_KEPT_MS;
    }
    const name = `${stream} ${key?.id ?? ''}`;
    const checker = opened.get(name) ?? openEventChecker({ plans, defaultType: stream, ...(key === undefined ? {} : { key }) });
    opened.set(name, checker);
    return { checker, key };
  };
}

export function streamContracts(sources: ReadonlyMap<string, Contract>): Contract[] {
  return [...sources.values()].filter(({ stream }) => stream !== undefined);
}
