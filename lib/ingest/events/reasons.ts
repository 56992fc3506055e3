// Why an event is refused, beyond what is wrong with its columns: it cannot be read, says that it is what nobody knows, or its time cannot be right.
import type { Failure } from '../../contracts/index.ts';
import type { EventProblem } from './parse.ts';
import type { EventPlan } from './plans.ts';
import type { RejectedEvent } from './types.ts';

export type EnvelopeProblem = EventProblem | 'unknown_type' | 'unknown_version' | 'unexpected' | 'too_old' | 'too_far_ahead';

/** `events.parse.not_json`, `events.columns.unknown_type`, `events.timestamp.too_old`, each with a sentence. */
export function envelopeFailures(plan: EventPlan, mostBytes: number): Readonly<Record<EnvelopeProblem, Failure>> {
  const failure = (place: string, what: EnvelopeProblem, message: string): Failure => Object.freeze({ reason: `${plan.type}.${place}.${what}`, message });
  const time = plan.eventTime ?? 'time';
  return Object.freeze({
    invalid_utf8: failure('parse', 'invalid_utf8', 'its bytes are not UTF-8, or a text in it holds half a surrogate pair'),
    not_json: failure('parse', 'not_json', 'it is not JSON'),
    not_an_object: failure('parse', 'not_an_object', 'it is JSON, but no object'),
    duplicate_key: failure('parse', 'duplicate_key', 'a key comes twice in the object, so it is unclear which value was meant'),
    nul_byte: failure('parse', 'nul_byte', 'a text in it holds a NUL character'),
    too_long: failure('parse', 'too_long', `it has more than ${mostBytes.toLocaleString('en-US')} bytes; only its first bytes are kept`),
    unknown_type: failure('columns', 'unknown_type', 'its type names no contract that is fed by a stream'),
    unknown_version: failure('columns', 'unknown_version', `its contract_version is not known here: the contract is at ${plan.version}`),
    unexpected: failure('columns', 'unexpected', 'it has a key that the contract does not know'),
    too_old: failure(time, 'too_old', `${time} lies more than ${plan.maxAgeDays} days before its arrival`),
    too_far_ahead: failure(time, 'too_far_ahead', `${time} lies more than ${plan.maxFutureMinutes} minutes behind its arrival`),
  });
}

/** The verdict on an event that fails for these, in their order. */
export function rejection(plan: EventPlan, failures: readonly [Failure, ...Failure[]]): RejectedEvent {
  return {
    fate: 'rejected', type: plan.type, contractVersion: plan.version,
    reason: failures[0].reason, reasons: failures.map(({ reason }) => reason), message: failures[0].message,
  };
}
