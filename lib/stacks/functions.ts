// Every function that a stage deploys, by the name of its folder in lambdas/.
import { BATCH_FUNCTIONS } from './batch-stack.ts';
import type { Duties } from './constructs/lake-function.ts';
import { UPKEEP_DUTIES } from './constructs/upkeep.ts';

/** Functions that work on the lake, and what each may touch. */
export const LAKE_FUNCTIONS: Readonly<Record<string, Duties>> = Object.freeze({ ...BATCH_FUNCTIONS, maintain: UPKEEP_DUTIES });

export const FUNCTIONS: readonly string[] = Object.freeze(Object.keys(LAKE_FUNCTIONS));

/** Functions of the stream. */
export const STREAM_FUNCTIONS: readonly string[] = Object.freeze(['validate', 'features', 'sweep']);
