// Sessions of the clickstream, counted by their definition: a gap of more than half an hour starts a new one.
import { PURCHASE, type Click } from './clicks.ts';

export interface SessionsTruth {
  count: number;
  sum_of_seconds: number;
  with_purchase: number;
}

const GAP = 30 * 60 * 1000;

/** @param clicks in the order of time. */
export function sessionsOf(clicks: readonly Click[]): SessionsTruth {
  const open = new Map<number, { start: number; last: number; bought: boolean }>();
  const truth: SessionsTruth = { count: 0, sum_of_seconds: 0, with_purchase: 0 };
  const close = ({ start, last, bought }: { start: number; last: number; bought: boolean }) => {
    truth.count++;
    truth.sum_of_seconds += (last - start) / 1000;
    if (bought) truth.with_purchase++;
  };
  for (const { time, visitor, kind } of clicks) {
    const session = open.get(visitor);
    if (session !== undefined && time - session.last <= GAP) {
      session.last = time;
      session.bought ||= kind === PURCHASE;
      continue;
    }
    if (session !== undefined) close(session);
    open.set(visitor, { start: time, last: time, bought: kind === PURCHASE });
  }
  for (const session of open.values()) close(session);
  truth.sum_of_seconds = Math.round(truth.sum_of_seconds * 1000) / 1000;
  return truth;
}
