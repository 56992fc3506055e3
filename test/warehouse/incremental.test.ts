// Incremental runs leave the table that computing everything would leave, whatever files came, late, changed or taken back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { expandSources, runModel, type Project } from '../../lib/warehouse/index.ts';
import { bronzeEvents, EVENT_MODELS, events, type EventRow } from './support/events.ts';
import { Home } from './support/home.ts';
import { projectFrom } from './support/project.ts';

type Step = { do: 'append'; rows: EventRow[] } | { do: 'run'; model: number } | { do: 'delete'; file: number } | { do: 'backfill'; model: number };

const row = fc.record({ event: fc.nat(30), customer: fc.nat(6), day: fc.option(fc.nat(90), { freq: 8 }), amount: fc.nat(100) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), rows: fc.array(row, { minLength: 1, maxLength: 5 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('run' as const), model: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), file: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('backfill' as const), model: fc.nat(2) }) },
);

let home: Home;
let arrival = 0;
beforeAll(async () => { home = await Home.open(); });
afterAll(() => home.close());

function bronze(rows: readonly EventRow[]): string {
  arrival += 1;
  return bronzeEvents(arrival, rows);
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
    const project = projectFrom(EVENT_MODELS, [events]);
    const names = Object.keys(EVENT_MODELS);
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
