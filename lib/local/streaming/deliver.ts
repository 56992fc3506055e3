// Delivery of all streams of a home into its lake, with the upkeep of the tables.
import path from 'node:path';
import { MillraceError } from '../../base/index.ts';
import { addCounts, noCounts, transform, type TransformCounters } from '../../ingest/events/index.ts';
import { sweepFolder } from '../../ingest/index.ts';
import { LocalFiles, textOf, type TableName } from '../../lake/index.ts';
import { publishedInputs } from '../../warehouse/index.ts';
import { Delivery, deliveryTables, errorOutputTo, transformInBatches, Upkeep, type DeliverySettings, type DeliveryStatus } from '../delivery/index.ts';
import { ingestContext } from '../file-ingest.ts';
import type { StreamSource } from '../kinesis/index.ts';
import { takeLock } from '../lock.ts';
import type { LoadedProject } from '../project.ts';
import type { Runtime } from '../runtime.ts';
import { streamChecks, streamContracts } from './checkers.ts';
import { Persistent, type StreamService } from './service.ts';

export interface DeliverStatus {
  streams: DeliveryStatus[];
  counters: TransformCounters;
  /** Records that were put aside by delivery or features, and are in the quarantine now. */
  swept: number;
  upkeepFailure?: string;
  sweepFailure?: string;
}

const SWEEP_EVERY_MS = 15_000;

/** @throws MillraceError `conflict` where another process delivers. */
export async function openDeliver(runtime: Runtime, source: StreamSource, settings: Partial<DeliverySettings> = {}): Promise<StreamService<DeliverStatus>> {
  const { home, lake, clock } = runtime;
  const lock = await takeLock(path.join(home.run, 'deliver.lock'));
  if (!lock.isOurs) throw new MillraceError('conflict', `the streams of this home are delivered by process ${lock.pid} already`, { where: home.root, todo: 'Stop that process first.' });
  const [project, database] = await Promise.all([runtime.project(), runtime.database()]);
  const contracts = streamContracts(project.sources);
  const counters = noCounts();
  const files = new LocalFiles();
  let upkeepFailure: string | undefined;
  const upkeep = new Upkeep({ lake, database, clock, readers: (table) => readersOf(runtime, project, table), onFailure: (table, message) => (upkeepFailure = `${textOf(table)}: ${message}`) });
  const sweeping = new Persistent(clock);
  let swept = 0;
  const sweep = async (): Promise<void> => {
    swept += (await sweepFolder(await ingestContext(runtime), home.failed)).records;
  };
  const checkOf = streamChecks(runtime, contracts);
  const deliveries = contracts.map(({ name }) => new Delivery({
    lake, database, source, stream: name, clock, settings,
    tables: () => deliveryTables(lake, contracts),
    transform: transformInBatches({
      clock, errorOutput: errorOutputTo(files, path.join(home.failed, 'firehose'), clock),
      transform: async (records) => {
        const { checker, key } = await checkOf(name);
        const done = transform(records, { checker, now: clock.now(), ...(key === undefined ? {} : { key }) });
        addCounts(counters, done.counters);
        return done.rows;
      },
    }),
    afterCommit: upkeep.afterCommit,
  }));
  return {
    name: 'deliver',
    status: () => ({
      streams: deliveries.map((delivery) => delivery.status()), counters, swept, ...(upkeepFailure === undefined ? {} : { upkeepFailure }),
      ...(sweeping.failure === undefined ? {} : { sweepFailure: sweeping.failure }),
    }),
    async run(signal) {
      try {
        await Promise.all([...deliveries.map((delivery) => delivery.run(signal)), sweeping.every(SWEEP_EVERY_MS, signal, sweep)]);
        await upkeep.idle();
      } finally {
        await lock.unlock();
      }
    },
  };
}

/** The snapshots of a table that models were computed from: they go on from there, so those must not expire. */
async function readersOf({ lake }: Runtime, project: LoadedProject, table: TableName): Promise<ReadonlyMap<string, bigint>> {
  const name = textOf(table);
  const source = name.replace(/^bronze\./, 'source.');
  const readers = new Map<string, bigint>();
  for (const model of project.models.values()) {
    if (!model.relations.includes(source) && !model.relations.includes(name)) continue;
    const inputs = await publishedInputs({ project, lake }, model.name);
    const snapshot = inputs?.[name];
    if (snapshot !== undefined && snapshot !== null) readers.set(model.name, BigInt(snapshot));
  }
  return readers;
}
