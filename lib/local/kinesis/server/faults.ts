// Faults on purpose, drawn from a seed: what a producer or consumer has to live with on AWS, rehearsed.
import type { Clock } from '../../../base/index.ts';
import { KinesisError } from '../errors.ts';
import { ACCOUNT } from '../names.ts';
import type { PutRefusal } from '../types.ts';

/** Probabilities from 0 to 1. */
export interface FaultPlan {
  seed: number;
  /** A put or a read is throttled as a whole. */
  throttles?: number;
  /** A call fails with a 500, and nothing was done. */
  failures?: number;
  /** A put is stored, and yet answered with a 500: whoever tries again makes duplicates. */
  duplicates?: number;
  /** One record of PutRecords is refused. */
  partialFailures?: number;
  /** A call waits up to so long first. */
  delays?: { probability: number; milliseconds: number };
}

export interface Faults {
  /** Waits and fails as drawn. @throws KinesisError */
  before(operation: string, stream: string | undefined): Promise<void>;
  /** @throws KinesisError */
  after(operation: string): void;
  admit(stream: string, shardId: string): PutRefusal | undefined;
}

const PUTS: ReadonlySet<string> = new Set(['PutRecord', 'PutRecords']);
const THROTTLED: ReadonlySet<string> = new Set([...PUTS, 'GetRecords']);

export function openFaults({ seed, throttles = 0, failures = 0, duplicates = 0, partialFailures = 0, delays }: FaultPlan, clock: Clock): Faults {
  const random = mulberry32(seed);
  return {
    async before(operation, stream) {
      if (delays !== undefined && random() < delays.probability) await clock.sleep(random() * delays.milliseconds);
      if (THROTTLED.has(operation) && random() < throttles)
        throw new KinesisError('ProvisionedThroughputExceededException', `Rate exceeded for stream ${stream ?? ''} under account ${ACCOUNT}.`);
      if (random() < failures) throw new KinesisError('InternalFailure', 'Internal failure (on purpose).');
    },
    after(operation) {
      if (PUTS.has(operation) && random() < duplicates)
        throw new KinesisError('InternalFailure', 'Internal failure (on purpose, after the records were stored).');
    },
    admit(stream, shardId) {
      if (random() >= partialFailures) return undefined;
      return random() < 0.5
        ? {
            errorCode: 'ProvisionedThroughputExceededException',
            message: `Rate exceeded for shard ${shardId} in stream ${stream} under account ${ACCOUNT}.`,
          }
        : { errorCode: 'InternalFailure', message: 'Internal service failure.' };
    },
  };
}

/** Numbers from 0 to below 1 that depend on nothing but the seed (Tommy Ettinger's mulberry32). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
