// The command line.
import { apply } from './verbs/apply.ts';
import { contract } from './verbs/contract.ts';
import { describe } from './verbs/describe.ts';
import { ingest } from './verbs/ingest.ts';
import { doctor } from './verbs/doctor.ts';
import { explain, reproduce } from './verbs/explain.ts';
import { experimentCreate, experimentList, experimentRamp, experimentReport, experimentStart, experimentStop } from './verbs/experiment.ts';
import { experimentPublish } from './verbs/experiment-publish.ts';
import { featuresBackfill, featuresCheck, featuresGet, featuresList } from './verbs/features.ts';
import { forget } from './verbs/forget.ts';
import { history } from './verbs/history.ts';
import { keysCreate, keysList, keysRevoke } from './verbs/keys.ts';
import { ledger } from './verbs/ledger.ts';
import { lineage } from './verbs/lineage.ts';
import { maintain } from './verbs/maintain.ts';
import { models } from './verbs/models.ts';
import { monitor } from './verbs/monitor.ts';
import { planVerb } from './verbs/plan.ts';
import { pricesCompute, pricesExport, pricesList } from './verbs/prices.ts';
import { produce } from './verbs/produce.ts';
import { promote } from './verbs/promote.ts';
import { quarantineList, quarantineReplay, quarantineSettle, quarantineShow } from './verbs/quarantine.ts';
import { query } from './verbs/query.ts';
import { rollback } from './verbs/rollback.ts';
import { runBatchVerb } from './verbs/run.ts';
import { sample } from './verbs/sample.ts';
import { serve } from './verbs/serve.ts';
import { start } from './verbs/start.ts';
import { status } from './verbs/status.ts';
import { streamDeliver, streamEndpoint, streamFeatures, streamStatus } from './verbs/stream.ts';
import { tables } from './verbs/tables.ts';
import { testVerb } from './verbs/test.ts';
import { compareVerb, predictVerb, train } from './verbs/train.ts';
import { upgrade } from './verbs/upgrade.ts';
import type { Verb } from './verb.ts';

export { runProgram, type ProgramContext } from './program.ts';
export { systemTerminal, type Terminal } from './terminal.ts';
export type { Invocation, Verb } from './verb.ts';

/** In the order in which help lists them. */
export const VERBS: readonly Verb[] = Object.freeze([
  start, status, streamStatus, streamEndpoint, streamDeliver, streamFeatures, sample, produce, ingest, runBatchVerb, planVerb, query, tables, describe, history, rollback, lineage, ledger,
  quarantineList, quarantineShow, quarantineReplay, quarantineSettle,
  featuresList, featuresGet, featuresBackfill, featuresCheck, serve, keysCreate, keysList, keysRevoke,
  train, models, promote, compareVerb, predictVerb, pricesCompute, pricesList, pricesExport, explain, reproduce, monitor, experimentCreate, experimentStart, experimentRamp, experimentStop, experimentList, experimentReport, experimentPublish, apply, contract, forget, maintain, doctor, upgrade, testVerb,
]);
