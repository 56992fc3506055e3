// What comes of computing an answer again.
import { MillraceError } from '../../base/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import { tableNameOf } from '../../lake/index.ts';
import type { AnswerState } from '../answer-states.ts';
import type { AnswersContext } from './context.ts';

export type Value = string | number | boolean | null;

export interface Difference { feature: string; logged: Value; lake: Value }

export interface Again {
  /** The figure that was answered, from the logged inputs, and from the lake as of then; null where there is none, or it cannot be told. */
  logged: number | null;
  fromLog: number | null;
  fromLake: number | null;
  /** Inputs and answers that differ between log and lake. */
  differences: Difference[];
  equal: boolean;
  /** Which tables were read, at which snapshots. */
  snapshots: Readonly<Record<string, string>>;
  /** Why it is not equal, and whatever was taken from the log because nothing else has it. */
  notes: string[];
}

/** Of two answers the parts that are not the same: numbers to a millionth. */
export function differencesOf(logged: Readonly<Record<string, unknown>>, again: Readonly<Record<string, unknown>>): Difference[] {
  return [...new Set([...Object.keys(logged), ...Object.keys(again)])].flatMap((feature) => {
    const [one, other] = [logged[feature] ?? null, again[feature] ?? null];
    return isSame(one, other) ? [] : [{ feature, logged: valueOf(one), lake: valueOf(other) }];
  });
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number') return isSameNumber(one, other);
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((part, index) => isSame(part, other[index]));
  if (isObject(one) && isObject(other)) return differencesOf(one, other).length === 0;
  return one === other;
}

/** To a millionth: of one, or of what is greater than that. */
export function isSameNumber(one: number, other: number): boolean {
  return Math.abs(one - other) <= TOLERANCE * Math.max(1, Math.abs(one), Math.abs(other));
}

const TOLERANCE = 1e-6;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As one cell of a table. */
export function valueOf(value: unknown): Value {
  return value === null || value === undefined ? null : typeof value === 'object' ? JSON.stringify(value) : (value as Value);
}

/** States of a part that may have given the answer, the likeliest first: while one takes the place of another, either may have. */
export async function statesOf({ states }: Pick<AnswersContext, 'states'>, part: string, { predicted_at: at }: PredictionRecord, isOf: (state: AnswerState) => boolean): Promise<AnswerState[]> {
  return (await states.list(part)).filter((state) => state.at <= at && isOf(state)).slice(-MOST_STATES).reverse();
}

const MOST_STATES = 3;

/** The first state whose snapshots are all there. @throws `not_found` that names what is missing. */
export async function readable({ lake }: Pick<AnswersContext, 'lake'>, states: readonly AnswerState[], { prediction_id: id, kind, version }: PredictionRecord): Promise<AnswerState[]> {
  const missing: string[] = [];
  const found: AnswerState[] = [];
  for (const state of states) {
    const gone = await goneOf(lake, state.snapshots);
    if (gone.length === 0) found.push(state);
    missing.push(...gone);
  }
  if (found.length > 0) return found;
  throw missing.length > 0
    ? cannot(id, `what it was made from has expired: ${[...new Set(missing)].join(', ')}`, 'Its tag was lifted: by `millrace maintain` after thirty days, or by `millrace forget`, or by hand.')
    : cannot(id, `it is not kept what ${kind} ${version} was made from`, 'States of the API are kept for thirty days: all of the last two hours, of a week one an hour, of thirty days one a day. What was answered without them `millrace explain` shows.');
}

/** Of some snapshots those that are not there any more, `silver.orders at snapshot 17`. */
export async function goneOf(lake: AnswersContext['lake'], snapshots: Readonly<Record<string, string>>): Promise<string[]> {
  const gone: string[] = [];
  for (const [table, id] of Object.entries(snapshots)) {
    const metadata = (await lake.findTable(tableNameOf(table)))?.metadata;
    if (metadata?.snapshots.some((snapshot) => String(snapshot['snapshot-id']) === id) !== true) gone.push(`${table} at snapshot ${id}`);
  }
  return gone;
}

/** An answer that cannot be computed again, and why. */
export function cannot(id: string, why: string, todo: string, where?: string): MillraceError {
  return new MillraceError('not_found', `${id} cannot be computed again: ${why}`, { todo, ...(where === undefined ? {} : { where }) });
}

/** Of how things may have stood at the answer, the likeliest first: what comes of the one that gives the same answer, else of the likeliest. */
export async function bestOf<Standing>(standings: readonly Standing[], again: (standing: Standing) => Promise<Again>): Promise<Again> {
  let first: Again | undefined;
  for (const standing of standings) {
    const found = await again(standing);
    if (found.equal) return found;
    first ??= found;
  }
  return first!;
}
