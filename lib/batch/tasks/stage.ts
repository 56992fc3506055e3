// Statements that fill a staging place. What passes from state to state is limited to 256 KiB, one statement of Athena's to as much: a few short ones
// are given on as they are, and run by the workflow itself; else they wait in the run's notes, and this task runs them by their names.
import type { BatchContext } from '../context.ts';

/** Of the statements of a model, as JSON; the rest of a state needs room too. */
const MOST_BYTES = 160_000;

/** Either the statements, or the names of the notes that hold one each. */
export interface StagingWork { statements: string[]; parts: string[] }

export async function stagingWork({ journal }: Pick<BatchContext, 'journal'>, runId: string, model: string, statements: string[]): Promise<StagingWork> {
  if (Buffer.byteLength(JSON.stringify(statements)) <= MOST_BYTES) return { statements, parts: [] };
  const parts = statements.map((_, index) => `statement-${model}-${String(index).padStart(4, '0')}`);
  await Promise.all(parts.map((part, index) => journal.note(runId, part, { sql: statements[index] })));
  return { statements: [], parts };
}

export async function stage({ journal, engine, signal }: BatchContext, { run_id, part }: { run_id: string; model: string; part: string }): Promise<Record<string, never>> {
  const { sql } = await journal.read<{ sql: string }>(run_id, part);
  await engine.execute(sql, { signal });
  return {};
}
