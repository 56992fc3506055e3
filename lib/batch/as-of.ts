// The as-of date of a run that names none: the day after the latest business date that any source accepted, never the clock's.
import { latestDateSelect } from '../contracts/index.ts';
import type { BatchContext } from './context.ts';

/** Without a single dated row. */
const NO_DATE = '1970-01-01';

/** ISO date. `among`: only these sources count; default: all. */
export async function latestBusinessDate({ project, lake, engine, signal }: Pick<BatchContext, 'project' | 'lake' | 'engine' | 'signal'>, among?: ReadonlySet<string>): Promise<string> {
  const selects = await Promise.all([...project.sources.values()].filter(({ name }) => among?.has(name) !== false).map(async (contract) => {
    const select = latestDateSelect(contract);
    return select !== undefined && (await lake.tableExists({ namespace: 'bronze', name: contract.name })) ? [select] : [];
  }));
  const parts = selects.flat();
  if (parts.length === 0) return NO_DATE;
  const { rows } = await engine.query(`SELECT max(latest) AS latest FROM (${parts.join(' UNION ALL ')}) AS dates`, { signal });
  return (rows[0]?.[0] as string | null) ?? NO_DATE;
}
