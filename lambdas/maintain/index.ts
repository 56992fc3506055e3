// Upkeep of the lake, a step a call: the state machine of lib/stacks/upkeep-machine.ts goes from table to table.
import type { Context } from 'aws-lambda';
import { messageOf } from '../../lib/base/index.ts';
import { ModelRegistry, modelStoreOn } from '../../lib/learning/index.ts';
import { AnswerStates, keepForAnswers, type KeepForAnswers } from '../../lib/answers/index.ts';
import { maintainLake, type MaintainOptions, type TableUpkeep } from '../../lib/quality/index.ts';
import { lambdaContext, type AwsContext } from '../shared/context.ts';
import { STATES_FOLDER } from '../../lib/answers/aws/index.ts';
import { settingOf } from '../shared/environment.ts';
import { asTask } from '../shared/handler.ts';
import { dropLeftovers } from '../shared/leftovers.ts';
import { PREDICTOR_PLANS } from '../shared/predictor-plans.ts';
import { withDuckDb } from '../shared/with-duckdb.ts';

export interface Upkeep { keepSnapshotsHours: number; keepStreamSnapshotsHours: number; keepAtLeast: number; orphansAfterHours: number; /** Default: 30. */ keepAnswersDays?: number }

/** What the API answers from: tags keep it from expiring. */
export type Answered = Pick<KeepForAnswers, 'states' | 'registry' | 'predictors'>;

export type MaintainEvent =
  /** `running`: names of the batch's executions that are at work. */
  | { step: 'begin'; running: string[] }
  | { step: 'table'; table: string }
  | { step: 'orphans' }
  | { step: 'prove'; table: string };

/** Numbers, and the first problems: what a state gives on is limited. `finished`: false where the time was over; the next night goes on. */
export interface MaintainResult {
  tables?: string[];
  leftovers?: number;
  /** Snapshots that answers were made from, and tags that nobody needs any more. */
  kept?: number;
  released?: number;
  orphans?: number;
  orphanBytes?: number;
  table?: string;
  upkeep?: Record<string, number | string>;
  finished: boolean;
  problems: string[];
}

const HOUR_MS = 3_600_000;
/** Before the function would be stopped: so that what it writes at last is committed, or taken back. */
const MARGIN_MS = 60_000;
const MOST_PROBLEMS = 3;
const LONGEST_PROBLEM = 300;

export async function maintain(context: AwsContext, event: MaintainEvent, upkeep: Upkeep, remainingMilliseconds: number, answered?: Answered): Promise<MaintainResult> {
  const { lake, clock, engine } = context;
  if (event.step === 'begin') {
    const leftovers = await dropLeftovers({ lake, engine, clock, running: new Set(event.running) });
    const tables = (await lake.listTables()).filter(({ namespace }) => namespace !== 'staging').map(({ namespace, name }) => `${namespace}.${name}`);
    // Before anything expires.
    const { snapshots: kept, released } = answered === undefined ? { snapshots: 0, released: 0 }
      : await keepForAnswers({ lake, clock, ...answered, ...(upkeep.keepAnswersDays === undefined ? {} : { days: upkeep.keepAnswersDays }) });
    return { tables, leftovers, kept, released, finished: true, problems: [] };
  }
  const signal = AbortSignal.timeout(Math.max(1, remainingMilliseconds - MARGIN_MS));
  const options: MaintainOptions = {
    lake, signal,
    database: await context.database(),
    temporaryFolder: context.scratch,
    keepSnapshotsMilliseconds: keptHours(context, event, upkeep) * HOUR_MS,
    keepAtLeast: upkeep.keepAtLeast,
    orphansAfterMilliseconds: upkeep.orphansAfterHours * HOUR_MS,
  };
  if (event.step === 'orphans') {
    const { orphans, orphanBytes } = await maintainLake({ ...options, steps: ['orphans'], folders: [context.stagingLocation] });
    return { orphans, orphanBytes, finished: true, problems: [] };
  }
  const steps: MaintainOptions['steps'] = event.step === 'table' ? ['compact', 'expire'] : ['prove'];
  try {
    const { tables: [kept] } = await maintainLake({ ...options, tables: [event.table], steps });
    return { table: event.table, finished: true, ...(kept === undefined ? { problems: [] } : told(kept)) };
  } catch (error) {
    // Every commit up to here is kept.
    if (signal.aborted) return { table: event.table, finished: false, problems: [] };
    return { table: event.table, finished: true, problems: [messageOf(error).slice(0, LONGEST_PROBLEM)] };
  }
}

/** Delivery commits every minute: a week of that would make each commit write megabytes of metadata. */
function keptHours({ project }: AwsContext, event: MaintainEvent, { keepSnapshotsHours, keepStreamSnapshotsHours }: Upkeep): number {
  const [namespace, name = ''] = 'table' in event ? event.table.split('.') : [];
  const isDelivered = namespace === 'bronze' && (name === 'rejected' || project.sources.get(name)?.stream !== undefined);
  return isDelivered ? Math.min(keepSnapshotsHours, keepStreamSnapshotsHours) : keepSnapshotsHours;
}

/** All of it is in the log. */
function told(kept: TableUpkeep): Pick<MaintainResult, 'upkeep' | 'problems'> {
  const { table, problems, rows, ...numbers } = kept;
  process.stdout.write(`${JSON.stringify({ level: problems.length === 0 ? 'INFO' : 'ERROR', message: 'upkeep', table, ...numbers, rows: String(rows), problems })}\n`);
  return {
    upkeep: { ...numbers, rows: String(rows) },
    problems: problems.slice(0, MOST_PROBLEMS).map(({ path, problem }) => `${path}: ${problem}`.slice(0, LONGEST_PROBLEM)),
  };
}

/** What lib/stacks/constructs/upkeep.ts puts into the environment of this function. */
function upkeepFrom(environment: NodeJS.ProcessEnv): Upkeep {
  const { keepSnapshotsHours, keepStreamSnapshotsHours, keepAtLeast, orphansAfterHours, keepAnswersDays } = JSON.parse(environment['MILLRACE_UPKEEP'] ?? '{}') as Partial<Upkeep>;
  return { keepSnapshotsHours: keepSnapshotsHours ?? 168, keepStreamSnapshotsHours: keepStreamSnapshotsHours ?? 24, keepAtLeast: keepAtLeast ?? 10, orphansAfterHours: orphansAfterHours ?? 72, ...(keepAnswersDays === undefined ? {} : { keepAnswersDays }) };
}

/** `models`: the bucket. */
export function answeredFrom({ lake }: Pick<AwsContext, 'lake'>, models: string): Answered {
  const { files } = lake.context;
  return { states: new AnswerStates(files, `s3://${models}/${STATES_FOLDER}`), registry: new ModelRegistry(modelStoreOn(files, `s3://${models}/registry`)), predictors: PREDICTOR_PLANS };
}

export const handler = asTask(
  async (context: AwsContext, event: MaintainEvent, lambda?: Context) =>
    maintain(context, event, upkeepFrom(process.env), lambda?.getRemainingTimeInMillis() ?? 900_000, answeredFrom(context, settingOf(process.env, 'MILLRACE_MODELS', 'upkeep'))),
  lambdaContext(withDuckDb),
);
