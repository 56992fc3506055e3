// What comes of computing an answer again.

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
