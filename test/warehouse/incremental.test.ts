// Incremental runs leave the table that computing everything would leave, whatever files came, late, changed or taken back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { date, id, integer, source } from '../../lib/contracts/index.ts';
import { expandSources, runModel, type Project } from '../../lib/warehouse/index.ts';
import { Home, model, projectFrom } from './support/home.ts';

const events = source('events', {
  description: 'Events.', owner: 'tests', version: '1.0', timeZone: 'UTC', key: ['event_id'],
  columns: { event_id: id(), customer: id(), day: date(), amount: integer() },
});

const DAILY = 'SELECT day, count(*) AS events, CAST(sum(amount) AS bigint) AS total FROM source.events GROUP BY day';
const CUSTOMERS = 'SELECT customer, count(*) AS events, max(day) AS last_day FROM source.events GROUP BY customer';
const MODELS = {
  'silver.by_month': model('kind: partitions\npartition_by: month(day)\ntime: { column: day, grain: month }\nchanges: { source.events: day }', DAILY),
  'silver.by_day': model('kind: append\ntime: { column: day, grain: day }\nchanges: { source.events: day }', DAILY),
  'silver.customers': model('kind: merge\nkey: customer\npartition_by: bucket(2, customer)\nchanges: { source.events: customer }', CUSTOMERS),
  'gold.from_days': model('kind: partitions\npartition_by: month(day)\ntime: { column: day, grain: month }\nchanges: { silver.by_day: day }', 'SELECT day, total + 1 AS more FROM silver.by_day'),
};

interface Row { event: number; customer: number; day: number; amount: number }
type Step = { do: 'append'; rows: Row[] } | { do: 'run'; model: number } | { do: 'delete'; file: number } | { do: 'backfill'; model: number };

const row = fc.record({ event: fc.nat(30), customer: fc.nat(6), day: fc.nat(90), amount: fc.nat(100) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), rows: fc.array(row, { minLength: 1, maxLength: 5 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('run' as const), model: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), file: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('backfill' as const), model: fc.nat(1) }) },
);

let home: Home;
let arrival = 0;
beforeAll(async () => { home = await Home.open(); });
afterAll(() => home.close());

function bronze(rows: readonly Row[]): string {
  arrival += 1;
  const values = rows.map(({ event, customer, day, amount }, index) => {
    const date = new Date(Date.UTC(2018, 0, 1 + day)).toISOString().slice(0, 10);
    return `('e${event}', 'c${customer}', '${date}', '${amount}', 'f', 'f${String(arrival).padStart(6, '0')}', ${index + 1}::BIGINT, TIMESTAMP '2018-06-01 00:00:00' + to_seconds(${arrival}), '1.0')`;
  });
  return `SELECT * FROM (VALUES ${values.join(', ')}) AS t(event_id, customer, day, amount, _file, _file_id, _row, _ingested_at, _contract_version)`;
}

async function contentOf(project: Project, name: string): Promise<[unknown[][], unknown[][]]> {
  const sql = expandSources(project.models.get(name)?.sql ?? '', project.sources);
  const order = (text: string) => `SELECT * FROM (${text}) AS t ORDER BY 1`;
  return [await home.rows(order(`SELECT * FROM ${name}`)), await home.rows(order(sql))];
}

async function reset(): Promise<void> {
  for (const table of await home.lake.listTables()) await home.lake.dropTable(table);
  home.engine.close();
  home.engine = home.newEngine();
}

describe('incremental models', () => {
  it('equal a computation from scratch after any sequence of arrivals, late rows, corrections, removals and runs', async () => {
    const project = projectFrom(MODELS, [events]);
    const names = Object.keys(MODELS);
    let parts = 0;
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
      await reset();
      await home.append('bronze.events', bronze([{ event: 0, customer: 0, day: 0, amount: 1 }]));
      const run = async (name: string, options = {}) => {
        if (name === 'gold.from_days') await runModel(home.context(project), 'silver.by_day');
        const outcome = await runModel(home.context(project), name, options);
        if (outcome.plan.action === 'run' && outcome.plan.extent.part !== 'everything') parts += 1;
      };
      for (const each of steps) {
        if (each.do === 'append') await home.append('bronze.events', bronze(each.rows));
        if (each.do === 'run') await run(names[each.model] ?? '');
        if (each.do === 'backfill') await run(names[each.model] ?? '', { range: { from: '2018-02-03', to: '2018-02-20' } });
        if (each.do === 'delete') {
          const table = await home.lake.loadTable({ namespace: 'bronze', name: 'events' });
          const { files } = await table.scan();
          const file = files[1 + (each.file % Math.max(1, files.length - 1))]?.file;
          if (file !== undefined) await table.deleteFiles([file]);
        }
      }
      for (const name of names) {
        await run(name);
        const [incremental, whole] = await contentOf(project, name);
        expect(incremental, name).toEqual(whole);
      }
    }), { numRuns: Number(process.env['MILLRACE_RUNS'] ?? 12), seed: 7 });
    expect(parts).toBeGreaterThan(10);
  }, 120_000);
});
