// Every function that a stage deploys, by the name of its folder in lambdas/.
import { BATCH_FUNCTIONS } from './batch-stack.ts';
import type { Duties } from './constructs/lake-function.ts';
import { UPKEEP_DUTIES } from './constructs/upkeep.ts';
import { API_FUNCTIONS, EVENT_FUNCTIONS } from './small-functions.ts';
import { LEARN_DUTIES } from './learning-stack.ts';
import { JUDGE_DUTIES, PRICES_DUTIES, SNAPSHOT_DUTIES } from './serving-stack.ts';
import { SWEEP_DUTIES } from './stream-stack.ts';

/** Functions that work on the lake, and what each may touch. */
export const LAKE_FUNCTIONS: Readonly<Record<string, Duties>> = Object.freeze({ ...BATCH_FUNCTIONS, maintain: UPKEEP_DUTIES, sweep: SWEEP_DUTIES, snapshot: SNAPSHOT_DUTIES, prices: PRICES_DUTIES, judge: JUDGE_DUTIES, learn: LEARN_DUTIES });

export const FUNCTIONS: readonly string[] = Object.freeze([...Object.keys(LAKE_FUNCTIONS), ...EVENT_FUNCTIONS, ...API_FUNCTIONS]);
