// The ledger: every count from file to gold proved by queries over the tables themselves, not by what a step says of itself.
import type { Contract } from '../contracts/index.ts';
import { bronzeColumns, dropCountsSelect } from '../contracts/index.ts';
import type { Lake } from '../lake/index.ts';
import { publishedInputs, type AuditResult, type Engine, type Parameters, type Project } from '../warehouse/index.ts';

export interface LedgerEntry {
  step: 'files' | 'silver' | 'gold';
  /** Source or table. */
  subject: string;
  expected: string;
  actual: string;
  reconciles: boolean;
  /** What the right side is made of. */
  parts: Record<string, string>;
}

export interface LedgerScope { project: Project; lake: Lake; engine: Engine; parameters: Parameters; signal?: AbortSignal }

/** Rows of files = rows in bronze + rows in the quarantine, a source. */
export async function proveFiles(scope: LedgerScope): Promise<LedgerEntry[]> {
  const { engine, lake, signal } = scope;
  const sources = await sourcesInBronze(scope);
  if (sources.length === 0 && !(await lake.tableExists({ namespace: 'ops', name: 'files' }))) return [];
  const hasRejected = await lake.tableExists({ namespace: 'bronze', name: 'rejected' });
  const parts = [
    "SELECT 'files' AS what, source, sum(rows) AS n FROM ops.files GROUP BY source",
    ...(hasRejected ? ["SELECT 'rejected' AS what, source, count(*) AS n FROM bronze.rejected WHERE _stream IS NULL GROUP BY source"] : []),
    ...sources.map(({ name, stream }) => `SELECT 'bronze' AS what, '${name}' AS source, count(*) AS n FROM bronze.${name}${stream === undefined ? '' : ' WHERE _stream IS NULL'}`),
  ];
  const { rows } = await engine.query(parts.join(' UNION ALL '), { signal });
  const counts = new Map(rows.map(([what, source, n]) => [`${String(what)} ${String(source)}`, BigInt(String(n ?? 0))]));
  const names = [...new Set(rows.map(([, source]) => String(source)))].sort();
  return names.map((source) => {
    const of = (what: string) => counts.get(`${what} ${source}`) ?? 0n;
    return entry('files', source, of('files'), { bronze: of('bronze'), quarantined: of('rejected') });
  });
}

/**
 * Rows in bronze = rows that silver accounts for + rows dropped, a rule each. Bronze is counted as it was when the model read it: rows that
 * landed since are none of its business yet. A model that was not published as it stands now, or whose snapshot of bronze has expired,
 * proves nothing.
 */
export async function proveSilver(scope: LedgerScope): Promise<LedgerEntry[]> {
  const sources = new Map((await sourcesInBronze(scope)).map((contract) => [contract.name, contract]));
  const accounted = [...scope.project.models.values()].flatMap((model) => Object.entries(model.accounts).flatMap(([source, rows]) => {
    const contract = sources.get(source);
    return contract === undefined ? [] : [{ model: model.name, contract, rows }];
  }));
  return (await Promise.all(accounted.map((one) => proveModel(scope, one)))).flat();
}

async function proveModel(scope: LedgerScope, { model, contract, rows }: { model: string; contract: Contract; rows: string }): Promise<LedgerEntry[]> {
  const bronze = `bronze.${contract.name}`;
  const read = (await publishedInputs(scope, model))?.[bronze];
  if (read === undefined) return [];
  const options = { parameters: scope.parameters, signal: scope.signal };
  const [drops, kept] = await Promise.all([
    read === null ? undefined : scope.engine.query(dropCountsSelect(contract), { ...options, snapshots: { [bronze]: BigInt(read) }, overlays: await lackingAsNull(scope.lake, contract, BigInt(read)) }),
    scope.engine.query(`SELECT CAST(coalesce(${rows}, 0) AS bigint) AS n FROM ${model}`, options),
  ]);
  const of = (name: string) => BigInt(String(drops?.rows[0]?.[drops.columns.findIndex((column) => column.name === name)] ?? 0));
  const rules = (drops?.columns ?? []).map(({ name }) => name).filter((name) => name !== 'accepted' && name !== 'kept');
  return [entry('silver', `${contract.name} → ${model}`, of('accepted'), { silver: BigInt(String(kept.rows[0]?.[0] ?? 0)), ...Object.fromEntries(rules.map((rule) => [rule, of(rule)])) })];
}

/** A snapshot that is older than a column of the contract, as rows in which the column is NULL. */
async function lackingAsNull(lake: Lake, contract: Contract, read: bigint): Promise<Record<string, string>> {
  const { metadata } = await lake.loadTable({ namespace: 'bronze', name: contract.name });
  const schemaId = metadata.snapshots.find((snapshot) => snapshot['snapshot-id'] === read)?.['schema-id'] ?? metadata['current-schema-id'];
  const there = new Set(metadata.schemas.find((schema) => schema['schema-id'] === schemaId)?.fields.map(({ name }) => name));
  const lacking = bronzeColumns(contract).filter(({ name }) => !there.has(name));
  return lacking.length === 0 ? {} : { [`bronze.${contract.name}`]: `SELECT *, ${lacking.map(({ name }) => `CAST(NULL AS varchar) AS "${name}"`).join(', ')} FROM bronze.${contract.name}` };
}

/** Sums of gold against their sources: the blocking `reconciles` audits of the run. */
export function proveGold(audits: readonly AuditResult[]): LedgerEntry[] {
  return audits.filter(({ audit, severity }) => audit.startsWith('reconciles') && severity === 'block').map(({ model, audit, passed, sample }) => ({
    step: 'gold',
    subject: model,
    expected: passed ? 'equal' : (sample.rows[0]?.join(', ') ?? 'equal'),
    actual: passed ? 'equal' : 'different',
    reconciles: passed,
    parts: { audit },
  }));
}

async function sourcesInBronze({ project, lake }: LedgerScope): Promise<Contract[]> {
  const names = new Set((await lake.listTables('bronze')).map(({ name }) => name));
  return [...project.sources.values()].filter(({ name }) => names.has(name));
}

function entry(step: LedgerEntry['step'], subject: string, expected: bigint, parts: Record<string, bigint>): LedgerEntry {
  const actual = Object.values(parts).reduce((sum, part) => sum + part, 0n);
  return {
    step, subject,
    expected: String(expected),
    actual: String(actual),
    reconciles: expected === actual,
    parts: Object.fromEntries(Object.entries(parts).map(([name, n]) => [name, String(n)])),
  };
}
