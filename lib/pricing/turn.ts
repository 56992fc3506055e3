// Whose turn it is to make a list of prices, where makers are on different machines: an item of the online store, which ends by itself.
import { MillraceError, type Clock } from '../base/index.ts';
import type { OnlineStore } from '../features/index.ts';

export interface TurnOptions {
  clock: Clock;
  /** The work takes no longer: after that the turn is anybody's. */
  milliseconds: number;
}

const TURN = 'price-list/turn';

/** Does the work while nobody else does. @throws MillraceError `conflict` where it is somebody else's turn */
export async function inTurn<Result>(store: Pick<OnlineStore, 'get' | 'write'>, { clock, milliseconds }: TurnOptions, work: () => Promise<Result>): Promise<Result> {
  const taken = (until?: number): MillraceError => new MillraceError('conflict', `another list of prices is being made${until === undefined ? '' : `, until ${new Date(until).toISOString()} at the latest`}`, { todo: 'Try again when it has ended.' });
  const [before] = await store.get([TURN]);
  const until = before === undefined ? 0 : Number(before.value);
  if (until > clock.now()) throw taken(until);
  const version = (before?.version ?? 0) + 1;
  const end = clock.now() + milliseconds;
  const { ok } = await store.write([{ key: TURN, value: String(end), expected: before?.version, version, expiresAt: undefined }]);
  if (!ok) throw taken();
  try {
    return await work();
  } finally {
    // Where this fails the turn ends by itself.
    await store.write([{ key: TURN, value: '0', expected: version, version: version + 1, expiresAt: undefined }]).catch(() => undefined);
  }
}
