// The command line.
import { describe } from './verbs/describe.ts';
import { ingest } from './verbs/ingest.ts';
import { history } from './verbs/history.ts';
import { ledger } from './verbs/ledger.ts';
import { maintain } from './verbs/maintain.ts';
import { quarantineList, quarantineReplay, quarantineSettle, quarantineShow } from './verbs/quarantine.ts';
import { query } from './verbs/query.ts';
import { rollback } from './verbs/rollback.ts';
import { runBatchVerb } from './verbs/run.ts';
import { sample } from './verbs/sample.ts';
import { start } from './verbs/start.ts';
import { tables } from './verbs/tables.ts';
import type { Verb } from './verb.ts';

export { runProgram, type ProgramContext } from './program.ts';
export { systemTerminal, type Terminal } from './terminal.ts';
export type { Invocation, Verb } from './verb.ts';

/** In the order in which help lists them. */
export const VERBS: readonly Verb[] = Object.freeze([
  start, sample, ingest, runBatchVerb, query, tables, describe, history, rollback, ledger,
  quarantineList, quarantineShow, quarantineReplay, quarantineSettle, maintain,
]);
