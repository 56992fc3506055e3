// Rows of a training set made twice, from everything and from what was known: a feature that differs has seen the future.

export type LeakCell = string | number | bigint | boolean | null;

export interface LeakRows { columns: readonly string[]; rows: readonly (readonly LeakCell[])[] }

export interface Leak {
  /** A feature; `a row itself` where the row is there only because of what came later. */
  feature: string;
  /** How many of the compared rows differ, and one of them. */
  rows: number;
  example: { entity: string; at: string; says: LeakValue; knew: LeakValue };
}

/** As JSON has it. */
export type LeakValue = Exclude<LeakCell, bigint>;

/** What was found when a training set was looked through. */
export interface LeakCheck {
  /** Moments at which the shop was made to end, ISO 8601. */
  cuts: string[];
  /** Rows that were compared. */
  rows: number;
  leaks: Leak[];
  /** Sources that say of no row when it was, so that nothing of them was cut. */
  whole: string[];
  /** Tells the training set, with all that it is made from, from any other. */
  fingerprint: string;
}

/** The feature that stands for rows which the past did not have. */
export const ROW_ITSELF = 'a row itself';

/** Sums of doubles in another order differ by less. */
const TOLERANCE = 1e-9;

/** `keys`: columns that tell rows apart, or nearly so. Leaks by feature, those that most rows have first; the example is the first row by its keys, in whatever order rows come. */
export function leaksBetween(all: LeakRows, known: LeakRows, keys: readonly string[], features: readonly string[], atColumn: string): Leak[] {
  const place = ({ columns }: LeakRows, name: string): number => columns.indexOf(name);
  const keyOf = (set: LeakRows): ((row: readonly LeakCell[]) => string) => {
    const places = keys.map((name) => place(set, name));
    return (row) => places.map((index) => String(row[index])).join('\u0000');
  };
  const [ofAll, ofKnown] = [keyOf(all), keyOf(known)];
  const past = new Map<string, (readonly LeakCell[])[]>();
  for (const row of known.rows) {
    const key = ofKnown(row);
    const others = past.get(key);
    if (others === undefined) past.set(key, [row]);
    else others.push(row);
  }
  const places = features.map((feature) => ({ feature, here: place(all, feature), there: place(known, feature) }));
  const found = new Map<string, Leak>();
  const note = (feature: string, row: readonly LeakCell[], says: LeakCell, knew: LeakCell): void => {
    const leak = found.get(feature) ?? {
      feature, rows: 0, example: { entity: keys.filter((name) => name !== atColumn).map((name) => String(row[place(all, name)])).join(', '), at: String(row[place(all, atColumn)]), says: plain(says), knew: plain(knew) },
    };
    leak.rows += 1;
    found.set(feature, leak);
  };
  const differing = (row: readonly LeakCell[], before: readonly LeakCell[]) => places.filter(({ here, there }) => !isSame(row[here] ?? null, before[there] ?? null));
  const rows = all.rows.map((row) => [ofAll(row), row] as const).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  // Several rows may be of one key, as two pieces of one product in an order are: each is the same as one of them, and only what is left over is compared with what is left over.
  const left = rows.filter(([key, row]) => {
    const same = past.get(key)?.findIndex((before) => differing(row, before).length === 0) ?? -1;
    if (same >= 0) past.get(key)!.splice(same, 1);
    return same < 0;
  });
  for (const [key, row] of left) {
    const before = past.get(key)?.shift();
    if (before === undefined) note(ROW_ITSELF, row, 'there', 'not there');
    else for (const { feature, here, there } of differing(row, before)) note(feature, row, row[here] ?? null, before[there] ?? null);
  }
  return [...found.values()].sort((left, right) => right.rows - left.rows || (left.feature < right.feature ? -1 : 1));
}

function plain(cell: LeakCell): LeakValue {
  return typeof cell !== 'bigint' ? cell : Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell);
}

function isSame(one: LeakCell, other: LeakCell): boolean {
  if (one === other) return true;
  if (one === null || other === null) return false;
  const [left, right] = [Number(one), Number(other)];
  if (Number.isNaN(left) || Number.isNaN(right)) return String(one) === String(other);
  return Math.abs(left - right) <= TOLERANCE * Math.max(1, Math.abs(left), Math.abs(right));
}
