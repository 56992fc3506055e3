// Statements on their way into a staging place: short ones as they are, long ones by the names of their notes, none lost, none in another order.
import { describe, expect, it } from 'vitest';
import { Journal, type BatchContext } from '../../lib/batch/index.ts';
import { stage, stagingWork } from '../../lib/batch/tasks/stage.ts';
import { MemoryFiles } from '../lake/support/memory-files.ts';

async function executed(statements: string[]): Promise<{ inline: number; state: number; ran: string[] }> {
  const journal = new Journal(new MemoryFiles(), 's3://lake/ops/_runs');
  const ran: string[] = [];
  const context = { journal, engine: { execute: async (sql: string) => { ran.push(sql); } } } as unknown as BatchContext;
  const work = await stagingWork(context, 'run', 'silver.orders', statements);
  ran.push(...work.statements);
  for (const part of work.parts) await stage(context, { run_id: 'run', model: 'silver.orders', part });
  return { inline: work.statements.length, state: Buffer.byteLength(JSON.stringify(work)), ran };
}

describe('statements of a model', () => {
  it('go with the state while they are short', async () => {
    const statements = ['INSERT 1', 'INSERT 2'];
    expect(await executed(statements)).toMatchObject({ inline: 2, ran: statements });
  });

  it('wait in the notes where one is as long as Athena takes, or all together are too long', async () => {
    for (const statements of [['x'.repeat(262_144)], Array.from({ length: 300 }, (_, index) => `INSERT ${index} ${'é'.repeat(5_000)}`)]) {
      const { inline, state, ran } = await executed(statements);
      expect([inline, ran]).toEqual([0, statements]);
      expect(state).toBeLessThan(20_000);
    }
  });
});
