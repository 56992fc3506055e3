// The tasks that the batch workflow calls, by the names it calls them.
import type { BatchContext } from './context.ts';
import { audit } from './tasks/audit.ts';
import { discover } from './tasks/discover.ts';
import { finish } from './tasks/finish.ts';
import { ingest } from './tasks/ingest.ts';
import { plan } from './tasks/plan.ts';
import { prepare } from './tasks/prepare.ts';
import { discard, publish } from './tasks/publish.ts';
import { reconcile } from './tasks/reconcile.ts';
import { stage } from './tasks/stage.ts';

/** Takes the payload that the workflow gives it, gives what the workflow goes on with; both survive JSON. */
export type BatchTask = (context: BatchContext, payload: never) => Promise<unknown>;

export const BATCH_TASKS = Object.freeze({ discover, ingest, plan, prepare, stage, audit, publish, discard, reconcile, finish }) satisfies Record<string, BatchTask>;
