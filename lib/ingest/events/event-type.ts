// The compiled checks of one contract's events.
import { MillraceError } from '../../base/index.ts';
import { compileEventTime, compileEventValidator, pseudonymiser, type Failure, type PiiClass, type TextOrNull } from '../../contracts/index.ts';
import type { PrivacyKey } from '../privacy/keys.ts';
import { textOfMember } from './parse.ts';
import type { EventPlan } from './plans.ts';
import { envelopeFailures, rejection, type EnvelopeProblem } from './reasons.ts';
import type { AcceptedEvent, EventVerdict } from './types.ts';

/** The keys of an event that are not its columns. */
export const TYPE_KEY = 'type';
export const VERSION_KEY = 'contract_version';

export interface EventType {
  plan: EventPlan;
  isPersonal: boolean;
  failures: Readonly<Record<EnvelopeProblem, Failure>>;
  /** Whether events of this version of the contract conform to today's: same major number, and none that is yet to come. */
  knowsVersion(version: unknown): boolean;
  /** `keys`: how many the record has besides its type and its version. */
  check(record: Readonly<Record<string, unknown>>, keys: number, arrivedAt: number): EventVerdict;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export function compileType(plan: EventPlan, key: PrivacyKey | undefined, mostBytes: number): EventType {
  const { columns } = plan.validation;
  const names = columns.map(({ name }) => name);
  const headers = columns.map(({ name, header }) => header ?? name);
  const reserved = [...names, ...headers].find((name) => name === TYPE_KEY || name === VERSION_KEY);
  if (reserved !== undefined) throw new MillraceError('bad_input', `${plan.type}: a column of events cannot be called ${reserved}`, { todo: 'Rename it: the key says which contract an event is for.' });
  const twice = columns.flatMap(({ name, header }) => (header === undefined || header === name ? [] : [[header, name] as const]));
  const clashes = twice.length === 0 ? undefined : (record: Readonly<Record<string, unknown>>) => twice.some(([header, name]) => record[header] !== undefined && record[name] !== undefined);
  const validate = compileEventValidator(plan.validation, textOfMember);
  const failures = envelopeFailures(plan, mostBytes);
  const timeAt = plan.eventTime === undefined ? -1 : names.indexOf(plan.eventTime);
  const timeOf = timeAt === -1 ? undefined : compileEventTime(plan.validation, plan.eventTime!);
  const isEpoch = columns[timeAt]?.kind === 'epoch_ms';
  const [oldest, newest] = [plan.maxAgeDays * DAY_MS, plan.maxFutureMinutes * MINUTE_MS];
  const pseudonyms = pseudonymsOf(plan, names, key);
  // A record made by JSON.parse has what every object inherits; under such a name it would be taken for a value.
  const inherited = [...headers, ...names].some((name) => name in Object.prototype);

  return {
    plan, failures,
    isPersonal: pseudonyms.length > 0,
    knowsVersion: (version) => isKnown(version, plan.version),
    check(members, keys, arrivedAt) {
      const record = inherited ? Object.assign(Object.create(null) as Record<string, unknown>, members) : members;
      if (clashes !== undefined && clashes(record)) return rejection(plan, [failures.duplicate_key]);
      const { values, failures: found, present } = validate(record);
      const unknownKeys = keys - present;
      if (unknownKeys > 0 && plan.refusesUnknownKeys) return rejection(plan, [failures.unexpected, ...found]);
      let eventTime: number | null = null;
      let outOfTime: Failure | undefined;
      const time = timeOf === undefined ? null : values[timeAt];
      const conforms = found.length === 0;
      if (time != null && (conforms || found.every(({ column }) => column !== plan.eventTime))) {
        eventTime = isEpoch && typeof time === 'number' ? time : timeOf!(String(time));
        if (eventTime !== null) outOfTime = arrivedAt - eventTime > oldest ? failures.too_old : eventTime - arrivedAt > newest ? failures.too_far_ahead : undefined;
      }
      if (conforms && outOfTime === undefined) return new Accepted(plan, names, pseudonyms.length === 0 ? values : withPseudonyms(values, pseudonyms), eventTime, unknownKeys);
      return rejection(plan, inOrder(found, outOfTime));
    },
  };
}

/** Column failures come before those of rules, which name no column. */
function inOrder(found: readonly Failure[], outOfTime: Failure | undefined): readonly [Failure, ...Failure[]] {
  if (outOfTime === undefined) return found as readonly [Failure, ...Failure[]];
  const firstRule = found.findIndex(({ column }) => column === undefined);
  const at = firstRule === -1 ? found.length : firstRule;
  return [...found.slice(0, at), outOfTime, ...found.slice(at)] as unknown as readonly [Failure, ...Failure[]];
}

function isKnown(version: unknown, ours: string): boolean {
  const match = typeof version === 'string' ? /^(\d{1,6})\.(\d{1,6})$/.exec(version) : null;
  if (match === null) return false;
  const [major, minor] = ours.split('.').map(Number);
  return Number(match[1]) === major && Number(match[2]) <= minor!;
}

interface PersonalColumn { at: number; pseudonym: (text: string) => string | null }

function pseudonymsOf({ type, personal }: EventPlan, names: readonly string[], key: PrivacyKey | undefined): PersonalColumn[] {
  const columns = Object.entries(personal) as [string, PiiClass][];
  if (columns.length === 0) return [];
  if (key === undefined) throw new MillraceError('bad_input', `${type} holds personal data, and there is no key for its pseudonyms`, { todo: 'Give the checker a key.' });
  const secret = { id: key.id, secret: key.pseudonyms };
  return columns.map(([name, pii]) => ({ at: names.indexOf(name), pseudonym: pseudonymiser(pii, secret) }));
}

type Values = readonly (TextOrNull | number)[];

function withPseudonyms(values: Values, personal: readonly PersonalColumn[]): Values {
  const pseudonyms = [...values];
  for (const { at, pseudonym } of personal) {
    const value = values[at];
    if (value != null) pseudonyms[at] = pseudonym(String(value));
  }
  return pseudonyms;
}

/** Numbers stay numbers until somebody asks for texts, and values stay in a list until somebody asks for them by name. */
class Accepted implements AcceptedEvent {
  readonly fate = 'accepted';
  readonly type: string;
  readonly contractVersion: string;
  readonly eventTime: number | null;
  readonly unknownKeys: number;
  readonly names: readonly string[];
  private readonly found: Values;
  private madeTexts: readonly (string | null)[] | undefined = undefined;
  private made: Readonly<Record<string, string | null>> | undefined = undefined;

  constructor(plan: EventPlan, names: readonly string[], found: Values, eventTime: number | null, unknownKeys: number) {
    this.type = plan.type;
    this.contractVersion = plan.version;
    this.names = names;
    this.found = found;
    this.eventTime = eventTime;
    this.unknownKeys = unknownKeys;
  }

  get texts(): readonly (string | null)[] {
    this.madeTexts ??= this.found.map((value) => (value == null ? null : typeof value === 'number' ? String(value) : value));
    return this.madeTexts;
  }

  get values(): Readonly<Record<string, string | null>> {
    this.made ??= Object.fromEntries(this.names.map((name, at) => [name, this.texts[at] ?? null]));
    return this.made;
  }
}
