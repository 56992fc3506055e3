// The check of an event: from a record's bytes to the row that bronze keeps, or to the reasons why not.
import { MillraceError } from '../../base/index.ts';
import type { PrivacyKey } from '../privacy/keys.ts';
import { compileType, TYPE_KEY, VERSION_KEY, type EventType } from './event-type.ts';
import { parseEvent } from './parse.ts';
import type { EventPlan } from './plans.ts';
import { rejection } from './reasons.ts';
import type { EventVerdict, StreamRecord } from './types.ts';

/** The most bytes of one event; the service takes up to 10 MiB where a stream allows it, but Firehose delivers no more than this. */
export const MOST_EVENT_BYTES = 1_000_000;

export interface EventCheckerOptions {
  plans: Iterable<EventPlan>;
  /** The stream's own contract: of records that name no type. */
  defaultType: string;
  /** For pseudonyms; needed where one of the contracts has personal columns. */
  key?: PrivacyKey;
  mostBytes?: number;
}

export interface EventChecker {
  /** Never throws for what a record holds. */
  check(record: Pick<StreamRecord, 'data' | 'arrivedAt'>): EventVerdict;
  /** Whether a record that was refused as this type may name a person, so that its bytes are kept encrypted. */
  mayBePersonal(type: string): boolean;
}

/**
 * Compiles the checks of the contracts. The verdict on a record depends on its bytes, its arrival and the contracts alone.
 *
 * Throws `bad_input` where the default type has no plan, and where personal columns have no key.
 */
export function openEventChecker({ plans, defaultType, key, mostBytes = MOST_EVENT_BYTES }: EventCheckerOptions): EventChecker {
  const types = new Map(Array.from(plans, (plan) => [plan.type, compileType(plan, key, mostBytes)]));
  const own = types.get(defaultType);
  if (own === undefined) {
    throw new MillraceError('bad_input', `no contract of a stream is called ${defaultType}`, { todo: `Contracts with a stream are: ${[...types.keys()].join(', ') || 'none'}.` });
  }
  const anyIsPersonal = [...types.values()].some(({ isPersonal }) => isPersonal);
  return {
    check({ data, arrivedAt }) {
      if (data.length > mostBytes) return rejection(own.plan, [own.failures.too_long]);
      const parsed = parseEvent(data);
      if (!parsed.ok) return rejection(own.plan, [own.failures[parsed.problem]]);
      const { record, keys } = parsed;
      const named = record[TYPE_KEY];
      const type: EventType | undefined = named === undefined || named === null || named === defaultType ? own : types.get(named as string);
      if (type === undefined) return rejection(own.plan, [own.failures.unknown_type]);
      const version = record[VERSION_KEY];
      if (version !== undefined && version !== null && !type.knowsVersion(version)) return rejection(type.plan, [type.failures.unknown_version]);
      return type.check(record, keys - (named === undefined ? 0 : 1) - (version === undefined ? 0 : 1), arrivedAt);
    },
    mayBePersonal: (type) => (type === defaultType ? anyIsPersonal : (types.get(type)?.isPersonal ?? anyIsPersonal)),
  };
}
