// The as-of date of a run that names none: the day after the latest business date that any source accepted, never the clock's.
import { datesSelect, latestDateSelect, type Contract } from '../contracts/index.ts';
import type { BatchContext } from './context.ts';

/** Without a single dated row. */
const NO_DATE = '1970-01-01';

type Scope = Pick<BatchContext, 'project' | 'lake' | 'engine' | 'signal'>;

/** ISO date. `among`: only these sources count; default: all. */
export async function latestBusinessDate(scope: Scope, among?: ReadonlySet<string>): Promise<string> {
  const parts = await selectsOf(scope, latestDateSelect, among);
  if (parts.length === 0) return NO_DATE;
  const { rows } = await scope.engine.query(`SELECT max(latest) AS latest FROM (${parts.join(' UNION ALL ')}) AS dates`, { signal: scope.signal });
  return (rows[0]?.[0] as string | null) ?? NO_DATE;
}

/** ISO dates on which any of these sources accepted something that happened, ascending. */
export async function businessDates(scope: Scope, among: ReadonlySet<string>): Promise<string[]> {
  const parts = await selectsOf(scope, datesSelect, among);
  if (parts.length === 0) return [];
  const { rows } = await scope.engine.query(`SELECT DISTINCT active_date FROM (${parts.join(' UNION ALL ')}) AS dates WHERE active_date IS NOT NULL ORDER BY active_date`, { signal: scope.signal });
  return rows.map(([day]) => String(day));
}

async function selectsOf({ project, lake }: Scope, select: (contract: Contract) => string | undefined, among?: ReadonlySet<string>): Promise<string[]> {
  const parts = await Promise.all([...project.sources.values()].filter(({ name }) => among?.has(name) !== false).map(async (contract) => {
    const part = select(contract);
    return part !== undefined && (await lake.tableExists({ namespace: 'bronze', name: contract.name })) ? [part] : [];
  }));
  return parts.flat();
}
