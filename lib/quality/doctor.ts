// The doctor: what is wrong with the machine or the lake, and what to do about it.
import { access, constants, statfs } from 'node:fs/promises';
import { messageOf } from '../base/index.ts';
import type { Lake } from '../lake/index.ts';
import type { Engine } from '../warehouse/index.ts';
import { latestRunWithLedger } from './run-order.ts';

export interface Finding { check: string; state: 'ok' | 'warning' | 'wrong'; message: string; todo?: string }

export interface DoctorOptions { root: string; lake: Lake; engine: () => Promise<Engine>; nodeVersion: string }

const LEAST_FREE_BYTES = 1024 ** 3;
const MANY_SNAPSHOTS = 500;
const MANY_FILES = 1000;

/** Every check runs, whatever the others found. */
export async function examine({ root, lake, engine, nodeVersion }: DoctorOptions): Promise<Finding[]> {
  const checks: [string, () => Promise<Omit<Finding, 'check'>[]>][] = [
    ['node', async () => [nodeFinding(nodeVersion)]],
    ['home', async () => [await writable(root)]],
    ['disk', async () => [await freeSpace(root)]],
    ['duckdb', async () => {
      await (await engine()).query('SELECT 1');
      return [{ state: 'ok' as const, message: 'answers' }];
    }],
    ['lake', () => tableFindings(lake, root)],
    ['ledger', async () => [await ledgerFinding(lake, engine)]],
    ['models', () => modelFindings(lake, engine)],
  ];
  const findings: Finding[] = [];
  for (const [check, look] of checks) {
    const found = await look().catch((error: unknown): Omit<Finding, 'check'>[] => [{ state: 'wrong', message: messageOf(error) }]);
    findings.push(...found.map((one) => ({ check, ...one })));
  }
  return findings;
}

function nodeFinding(version: string): Omit<Finding, 'check'> {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  return fits ? { state: 'ok', message: version } : { state: 'wrong', message: `${version} is too old`, todo: 'Install Node 20.19 or later.' };
}

async function writable(root: string): Promise<Omit<Finding, 'check'>> {
  return access(root, constants.R_OK | constants.W_OK).then(
    () => ({ state: 'ok' as const, message: root }),
    () => ({ state: 'wrong' as const, message: `${root} cannot be written`, todo: 'Give this user the right to, or choose another --home.' }),
  );
}

async function freeSpace(root: string): Promise<Omit<Finding, 'check'>> {
  const { bavail, bsize } = await statfs(root);
  const free = bavail * bsize;
  const message = `${(free / 1e9).toFixed(1)} GB free`;
  return free < LEAST_FREE_BYTES ? { state: 'warning', message, todo: 'Make room: a run that meets a full disk publishes nothing, but it fails.' } : { state: 'ok', message };
}

async function tableFindings(lake: Lake, root: string): Promise<Omit<Finding, 'check'>[]> {
  const findings: Omit<Finding, 'check'>[] = [];
  const elsewhere: string[] = [];
  const names = await lake.listTables();
  for (const name of names) {
    const label = `${name.namespace}.${name.name}`;
    try {
      const table = await lake.loadTable(name);
      if (table.location.startsWith('/') && !table.location.startsWith(`${root}/`)) {
        elsewhere.push(`${label} says that it lies in ${table.location}`);
        continue;
      }
      const { problems } = await table.verify();
      for (const { path, problem } of problems.slice(0, 5)) findings.push({ state: 'wrong', message: `${label}: ${problem} (${path})`, todo: `Roll back to a snapshot that reads: \`millrace history ${label}\`.` });
      const files = Number(table.currentSnapshot?.summary['total-data-files'] ?? 0);
      if (table.metadata.snapshots.length > MANY_SNAPSHOTS) findings.push({ state: 'warning', message: `${label} keeps ${table.metadata.snapshots.length} snapshots`, todo: '`millrace maintain` expires old ones.' });
      if (files > MANY_FILES) findings.push({ state: 'warning', message: `${label} has ${files} files`, todo: '`millrace maintain` compacts them.' });
    } catch (error) {
      findings.push({ state: 'wrong', message: `${label} cannot be read: ${messageOf(error)}` });
    }
  }
  if (elsewhere.length > 0) {
    const others = elsewhere.length === 1 ? '' : `, and so do ${elsewhere.length - 1} other tables of places outside this home`;
    findings.unshift({ state: 'wrong', message: `${elsewhere[0]}${others}`, todo: 'The home was moved or copied, and Iceberg paths are absolute: `millrace doctor --relocate` mends them.' });
  }
  return findings.length === 0 ? [{ state: 'ok', message: `${names.length} tables, every live file is where its table says` }] : findings;
}

async function ledgerFinding(lake: Lake, engine: DoctorOptions['engine']): Promise<Omit<Finding, 'check'>> {
  if (!(await lake.tableExists({ namespace: 'ops', name: 'ledger' }))) return { state: 'ok', message: 'no run yet' };
  const sql = await engine();
  const run = await latestRunWithLedger(lake, sql);
  if (run === undefined) return { state: 'ok', message: 'no run yet' };
  const { rows } = await sql.query('SELECT count(*) FROM ops.ledger WHERE NOT reconciles AND run_id = :run', { parameters: { run: { type: 'varchar', value: run } } });
  const wrong = Number(rows[0]?.[0] ?? 0);
  return wrong === 0 ? { state: 'ok', message: 'the latest run reconciles' } : { state: 'wrong', message: `${wrong} counts of the latest run do not reconcile`, todo: '`millrace ledger` shows which.' };
}

/** Of the newest window that was measured. */
async function modelFindings(lake: Lake, engine: DoctorOptions['engine']): Promise<Omit<Finding, 'check'>[]> {
  const findings: Omit<Finding, 'check'>[] = [];
  const told = async (table: string, status: string, state: Finding['state'], words: string): Promise<void> => {
    if (!(await lake.tableExists({ namespace: 'gold', name: table }))) return;
    const { rows } = await (await engine()).query(
      `SELECT predictor, version, min(feature), count(*) FROM gold.${table} WHERE status = '${status}' AND window_end = (SELECT max(window_end) FROM gold.${table}) GROUP BY predictor, version ORDER BY 1, 2`);
    for (const [predictor, version, feature, count] of rows as [string, string, string, number | bigint][]) {
      findings.push({ state, message: `${predictor} ${version}: ${Number(count) === 1 ? feature : `${count} features, ${feature} among them,`} ${words}`, todo: `\`millrace monitor ${predictor}\` shows it, gold.${table} has it over time.` });
    }
  };
  await told('model_drift', 'drifted', 'warning', 'drifted since training');
  await told('train_serve_skew', 'skewed', 'wrong', 'served otherwise than the lake says');
  return findings.length === 0 ? [{ state: 'ok', message: 'no drift and no skew was measured' }] : findings;
}
