// The memory in which a tree grows: histograms, candidates, the order of the rows. Shared where several threads grow one tree.
import { MillraceError } from '../../base/index.ts';
import { CANDIDATE_DOUBLES, SET_WORDS } from './best-split.ts';
import { FEATURE_DOUBLES } from './histogram.ts';

/** All histograms of a team stay below this many doubles (half a gigabyte), as long as one pair of children at a time does. */
const HISTOGRAM_BUDGET = 1 << 26;
/** Two gigabytes: what does not fit in there is refused. */
const MOST_DOUBLES = 1 << 28;
const GREATEST_BATCH = 32;

export interface GrowthMemory {
  /** Pairs of children that are evaluated between two meetings of the threads. */
  batch: number;
  slots: number;
  maxNodes: number;
  /** Histograms of nodes that may still be needed. */
  histograms: Float64Array;
  /** Each thread's own sums, of its own rows; empty for a team of one. */
  partial: Float64Array;
  candidates: Float64Array;
  sets: Uint32Array;
  /** Rows by node: each thread keeps those of its share, at its share's place. */
  order: Uint32Array;
  /** Where each node's rows begin and end in `order`, by thread and node. */
  ranges: Int32Array;
}

/**
 * Allocates for trees of a depth, in ordinary memory for one thread, in shared memory for more. The order in which nodes are numbered follows from the
 * batch, so that does not depend on the threads. `depthFirst` keeps a lone thread's histograms in its caches.
 */
export function growthMemory(rows: number, width: number, maxDepth: number, threads: number, depthFirst = false): GrowthMemory {
  const size = width * FEATURE_DOUBLES;
  const affordable = Math.floor(HISTOGRAM_BUDGET / (size * (maxDepth + 2 + 8)));
  const batch = depthFirst ? 1 : Math.max(1, Math.min(GREATEST_BATCH, affordable, 2 ** Math.max(maxDepth - 2, 0)));
  const slots = Math.min(batch * (maxDepth + 2), 2 ** Math.min(Math.max(maxDepth - 1, 0), 30)) + 1;
  const doubles = size * (slots + (threads === 1 ? 0 : threads * batch));
  if (doubles > MOST_DOUBLES) {
    throw new MillraceError('unsupported', `trees of depth ${maxDepth} over ${width} features would take ${(doubles / 2 ** 27).toFixed(1)} GB to grow`, {
      where: 'the training set', todo: 'give fewer features, less depth, or fewer threads',
    });
  }
  const maxNodes = Math.min(2 ** Math.min(maxDepth + 1, 30) - 1, 2 * rows - 1);
  const bytes = (length: number): ArrayBuffer => (threads === 1 ? new ArrayBuffer(length) : (new SharedArrayBuffer(length) as unknown as ArrayBuffer));
  return {
    batch, slots, maxNodes,
    histograms: new Float64Array(bytes(slots * size * 8)),
    partial: new Float64Array(bytes(threads === 1 ? 0 : threads * batch * size * 8)),
    candidates: new Float64Array(bytes(2 * batch * width * CANDIDATE_DOUBLES * 8)),
    sets: new Uint32Array(bytes(2 * batch * width * SET_WORDS * 4)),
    order: new Uint32Array(bytes(rows * 4)),
    ranges: new Int32Array(bytes(threads * maxNodes * 2 * 4)),
  };
}
