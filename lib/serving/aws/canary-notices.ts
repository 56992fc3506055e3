// What people are still to be told of canaries: kept in the API's table from before one ends until they were told, so that neither a topic that is away nor a judge
// that is stopped in between keeps it from them.
import { MillraceError } from '../../base/index.ts';
import type { OnlineStore } from '../../features/index.ts';

export interface CanaryNotice {
  /** Of the canary, milliseconds since 1970: tells it from others of its predictor. */
  startedAt: number;
  text: string;
}

export interface CanaryNotices {
  /** @throws `io` where the table does not take it. */
  keep(predictor: string, notice: CanaryNotice): Promise<void>;
  /** Oldest first. */
  waiting(predictor: string): Promise<CanaryNotice[]>;
  drop(predictor: string, startedAt: number): Promise<void>;
}

const MOST_TRIES = 4;

export function canaryNotices(store: Pick<OnlineStore, 'get' | 'write'>): CanaryNotices {
  const change = async (predictor: string, next: (notices: CanaryNotice[]) => CanaryNotice[]): Promise<void> => {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const [item] = await store.get([keyOf(predictor)]);
      const after = next(noticesIn(item?.value));
      if (item === undefined && after.length === 0) return;
      const { ok } = await store.write([{ key: keyOf(predictor), value: after.length === 0 ? undefined : JSON.stringify(after), expected: item?.version, expiresAt: undefined }]);
      if (ok) return;
    }
    throw new MillraceError('conflict', `notices of ${predictor} are changed by somebody else all the time`, { todo: 'The next call tries again.' });
  };
  return {
    keep: (predictor, notice) => change(predictor, (notices) => [...notices.filter(({ startedAt }) => startedAt !== notice.startedAt), notice]),
    waiting: async (predictor) => noticesIn((await store.get([keyOf(predictor)]))[0]?.value),
    drop: (predictor, startedAt) => change(predictor, (notices) => notices.filter((one) => one.startedAt !== startedAt)),
  };
}

function noticesIn(text: string | undefined): CanaryNotice[] {
  return text === undefined ? [] : JSON.parse(text) as CanaryNotice[];
}

const keyOf = (predictor: string): string => `canary/${predictor}/notices`;
