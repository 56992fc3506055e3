// Threads that do the same work on shares of the rows, and meet at barriers.

export interface Team {
  /** Which thread this is, 0 to size - 1. */
  readonly index: number;
  readonly size: number;
  /** Returns when all threads have come here; what they wrote before is then seen by all. */
  barrier(): void;
}

/** A team of one: for small data, for forests (a tree a thread), and where there are no worker threads. */
export const ALONE: Team = Object.freeze({ index: 0, size: 1, barrier: () => {} });

/** How often a thread looks again before it goes to sleep: the others are mostly microseconds behind. */
const SPINS = 4000;

/** A thread of a team that meets over eight bytes of shared memory. */
export function joinTeam(shared: SharedArrayBuffer, index: number, size: number): Team {
  const control = new Int32Array(shared, 0, 2);
  const barrier = (): void => {
    const generation = Atomics.load(control, 1);
    if (Atomics.add(control, 0, 1) + 1 === size) {
      Atomics.store(control, 0, 0);
      Atomics.add(control, 1, 1);
      Atomics.notify(control, 1);
      return;
    }
    for (let spin = 0; spin < SPINS; spin += 1) if (Atomics.load(control, 1) !== generation) return;
    while (Atomics.load(control, 1) === generation) Atomics.wait(control, 1, generation);
  };
  return { index, size, barrier };
}

/** The share of `count` things that falls to a thread: from begin, up to but not with end. */
export function shareOf(count: number, { index, size }: Team): { begin: number; end: number } {
  return { begin: Math.floor((count * index) / size), end: Math.floor((count * (index + 1)) / size) };
}
