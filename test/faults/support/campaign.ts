// One home, some verbs in turn, each killed again and again at moments that a seed decides, until all have come to their end.
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Database } from '../../../lib/lake/duckdb/index.ts';
import { millrace, PROJECT, type Ended } from './cli.ts';
import { brokenReferences, keyIdsOf, newHome, rowsIn, valuesOf } from './home.ts';
import { randomOf } from './random.ts';
import type { Findings } from './reader.ts';

/** Files that land, then a verb over them. */
export interface Step { lands?: (file: string) => boolean; verb: readonly string[] }

/** What an undisturbed run left, and how long each step of it was. */
export interface Undisturbed {
  values: Record<string, string>;
  steps: { changes: number; milliseconds: number }[];
  /** Counts that any step published, a table. */
  published: Record<string, number[]>;
}

/** Of the tables that concurrent readers look at, none may ever show another count than these steps publish. */
const READ = ['bronze.orders', 'bronze.customers', 'silver.orders', 'silver.order_items', 'silver.transactions', 'silver.orders_master', 'gold.customer_metrics', 'gold.daily_metrics'];

export async function undisturbedRun(sample: string, steps: readonly Step[], database: Database): Promise<Undisturbed> {
  const home = newHome(sample);
  try {
    const took: Undisturbed['steps'] = [];
    const published: Record<string, number[]> = Object.fromEntries(READ.map((name) => [name, []]));
    for (const { lands, verb } of steps) {
      if (lands) home.land(lands);
      const ended = await millrace(verb, { home: home.root });
      if (ended.code !== 0) throw new Error(`undisturbed, millrace ${verb.join(' ')} ended with ${ended.code}: ${ended.err}`);
      took.push({ changes: ended.changes ?? 0, milliseconds: ended.milliseconds });
      for (const [name, counts] of Object.entries(published)) {
        const [row] = await rowsIn(home.root, name, database, 'SELECT count(*)::INTEGER AS n FROM t');
        if (row !== undefined && !counts.includes(Number(row['n']))) counts.push(Number(row['n']));
      }
    }
    return { values: await valuesOf(home.root, database), steps: took, published };
  } finally {
    home.remove();
  }
}

export interface CampaignOptions {
  sample: string;
  steps: readonly Step[];
  undisturbed: Undisturbed;
  database: Database;
  seed: number;
  /** So often is one step killed, at most. */
  killsAStep: number;
  /** Gives up killing, and lets the steps come to their end. */
  enough?: () => boolean;
  /** Another process reads meanwhile, again and again after so many milliseconds. */
  readEvery?: number;
}

export interface Report {
  seed: number;
  /** Where the kills fell: `run: silver data`, `ingest: at a moment`. */
  kills: string[];
  reads: number;
  /** What must not be; nothing, when all is well. */
  wrong: string[];
  values: Record<string, string>;
  /** Kept where something was wrong. */
  home?: string;
}

/** Never throws for what the verbs do: all that is wrong is told together, with the home kept. */
export async function campaign({ sample, steps, undisturbed, database, seed, killsAStep, enough = () => false, readEvery }: CampaignOptions): Promise<Report> {
  const random = randomOf(seed);
  const home = newHome(sample);
  const report: Report = { seed, kills: [], reads: 0, wrong: [], values: {} };
  const reader = readEvery === undefined ? undefined : startReader(home.root, undisturbed, readEvery);
  for (const [i, { lands, verb }] of steps.entries()) {
    if (lands) home.land(lands);
    const usual = undisturbed.steps[i] as Undisturbed['steps'][number];
    for (let kills = 0; ;) {
      const kill = kills < killsAStep && !enough() ? killOf(random, usual, kills) : {};
      const ended = await millrace(verb, { home: home.root, ...kill });
      const broken = await brokenReferences(home.root);
      report.wrong.push(...broken.map((one) => `after kill ${report.kills.length} (${report.kills.at(-1) ?? 'none'}): ${one}`));
      if (ended.signal !== 'SIGKILL') {
        if (ended.code !== 0) report.wrong.push(`millrace ${verb.join(' ')} ended with ${ended.code} after ${describe(report.kills)}: ${ended.err || ended.out.slice(-600)}`);
        break;
      }
      kills += 1;
      report.kills.push(whereOf(verb, ended));
    }
  }
  if (reader !== undefined) {
    const { reads, failures } = await reader.end();
    report.reads = reads;
    report.wrong.push(...failures.map((failure) => `a reader failed: ${failure}`));
  }
  report.values = await valuesOf(home.root, database);
  report.wrong.push(...differences(undisturbed.values, report.values), ...await lastLook(home.root, database));
  if (report.wrong.length === 0) home.remove();
  else report.home = home.root;
  return report;
}

/**
 * Half of the kills fall at a change under the home, evenly over all of them; half at a moment, which native code is hit by as well. Who
 * starts again has less left to do.
 */
function killOf(random: () => number, { changes, milliseconds }: Undisturbed['steps'][number], kills: number): Pick<Parameters<typeof millrace>[1], 'killAtChange' | 'killAfter'> {
  const [how, where] = [random(), random()];
  if (how < 0.5) return { killAtChange: 1 + Math.floor((where * changes) / 2 ** kills) };
  // Nothing happens while the process starts.
  return { killAfter: milliseconds * (0.2 + 0.7 * where) };
}

/** Told so that kills can be counted: verb, namespace, what was being changed. */
function whereOf(verb: readonly string[], { killedAt }: Ended): string {
  if (killedAt === undefined) return `${verb[0]}: at a moment`;
  const file = killedAt.slice(killedAt.lastIndexOf(' ') + 1);
  const namespace = /^lake\/(\w+)/.exec(file)?.[1] ?? '';
  const kind = file.endsWith('.turn') ? 'turn'
    : /version-hint/.test(file) ? 'hint'
      : /\/metadata\/.*avro$/.test(file) ? 'manifests'
        : /\/metadata\//.test(file) ? 'metadata'
          : /\/data(\/|$)/.test(file) ? 'data' : (file.split('/')[0] ?? '');
  return `${verb[0]}: ${namespace} ${kind}`.replace(':  ', ': ');
}

function differences(expected: Record<string, string>, actual: Record<string, string>): string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
  return names.filter((name) => expected[name] !== actual[name]).map((name) => `${name} holds ${actual[name] ?? 'nothing'}, undisturbed ${expected[name] ?? 'nothing'}`);
}

/** What the operation's own tables, the ledger and the doctor say in the end. */
async function lastLook(root: string, database: Database): Promise<string[]> {
  const wrong: string[] = [];
  for (const [name, key] of [['ops.files', 'source, _file_id'], ['ops.runs', 'run_id'], ['ops.ledger', 'run_id, step, subject, parts'], ['ops.audits', 'run_id, model, audit']] as const) {
    const doubled = await rowsIn(root, name, database, `SELECT ${key} FROM t GROUP BY ${key} HAVING count(*) > 1`);
    if (doubled.length > 0) wrong.push(`${name} has ${doubled.length} rows twice`);
  }
  const keys = await keyIdsOf(root, database);
  if (keys.length > 1) wrong.push(`pseudonyms were made by ${keys.length} keys`);
  for (const verb of ['ledger', 'doctor']) {
    const { code, out, err } = await millrace([verb], { home: root });
    if (code !== 0) wrong.push(`millrace ${verb} ended with ${code}: ${err}${out}`);
  }
  return wrong;
}

function describe(kills: readonly string[]): string {
  return kills.length === 0 ? 'no kill' : `kills at ${kills.join('; ')}`;
}

function startReader(root: string, { published }: Undisturbed, every: number): { end(): Promise<Findings> } {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', path.join(import.meta.dirname, 'reader.ts'), root, JSON.stringify(published), String(every)], { cwd: PROJECT, stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout?.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr?.on('data', (text: Buffer) => (err += text.toString()));
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  return {
    async end() {
      child.stdin?.end('end\n');
      await closed;
      const line = out.trim().split('\n').at(-1) ?? '';
      return line.startsWith('{') ? (JSON.parse(line) as Findings) : { reads: 0, failures: [`the reading process died: ${err}`] };
    },
  };
}
