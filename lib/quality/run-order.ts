// Which run came last: runs are numbered, since a clock may jump back and an id is made of the clock.
import { fieldByName, type Lake, type TableName } from '../lake/index.ts';
import type { Engine } from '../warehouse/index.ts';

const RUNS: TableName = Object.freeze({ namespace: 'ops', name: 'runs' });

/** One more than the highest number in ops.runs, told from the bounds of its files alone. */
export async function nextRunNumber(lake: Lake): Promise<bigint> {
  const table = await lake.findTable(RUNS);
  const field = table === undefined ? undefined : fieldByName(table.schema, 'number');
  if (table === undefined || field === undefined) return 1n;
  const { files } = await table.scan();
  const highest = files.map(({ file }) => file.metrics.upperBounds[field.id]).filter((bound) => typeof bound === 'bigint');
  return highest.reduce((most, each) => (each > most ? each : most), 0n) + 1n;
}

/** The last run that has ended and has a ledger; undefined where there is none. Runs of before they were numbered come first. */
export async function latestRunWithLedger(lake: Lake, engine: Engine): Promise<string | undefined> {
  if (!(await lake.tableExists({ namespace: 'ops', name: 'ledger' }))) return undefined;
  const runs = await lake.findTable(RUNS);
  // A run that was killed before it recorded itself has a ledger all the same.
  if (runs === undefined) return runIdOf(await engine.query('SELECT run_id FROM ops.ledger ORDER BY proved_at DESC, run_id DESC LIMIT 1'));
  const number = fieldByName(runs.schema, 'number') === undefined ? '' : 'number DESC NULLS LAST, ';
  return runIdOf(await engine.query(`SELECT run_id FROM ops.runs WHERE run_id IN (SELECT run_id FROM ops.ledger) ORDER BY ${number}ended_at DESC, run_id DESC LIMIT 1`))
    ?? runIdOf(await engine.query('SELECT run_id FROM ops.ledger ORDER BY proved_at DESC, run_id DESC LIMIT 1'));
}

function runIdOf({ rows }: Awaited<ReturnType<Engine['query']>>): string | undefined {
  const [id] = rows[0] ?? [];
  return typeof id === 'string' ? id : undefined;
}
