// How long what answers were made from is kept: all of it at first, ever less of it later.
import type { AnswerState } from './states.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** As long as the API finds an answer by its id. */
export const KEPT_DAYS = 30;
/** Every state that answered within the last two hours is kept, of the last week the first of each hour, and of all days that are kept the first of each. */
const GRAINS = [{ within: 2 * HOUR_MS, grain: 0 }, { within: 7 * DAY_MS, grain: HOUR_MS }, { within: Number.POSITIVE_INFINITY, grain: DAY_MS }] as const;

/** Until when each state is kept, milliseconds since 1970; undefined: it is not. A state is in use until the next one. */
export function lifeOf(states: readonly AnswerState[], now: number, days = KEPT_DAYS): { state: AnswerState; until: number | undefined }[] {
  const taken = new Set<string>();
  const kept = days * DAY_MS;
  return states.map((state, index) => {
    const next = states[index + 1]?.at;
    if (next === undefined) return { state, until: Math.ceil(now / DAY_MS) * DAY_MS + kept };
    const grain = now - next > kept ? undefined : GRAINS.find(({ within }) => now - next <= within)?.grain;
    if (grain === undefined) return { state, until: undefined };
    const slot = `${grain}/${grain === 0 ? state.at : Math.floor(state.at / grain)}`;
    if (taken.has(slot)) return { state, until: undefined };
    taken.add(slot);
    return { state, until: Math.ceil(next / DAY_MS) * DAY_MS + kept };
  });
}
