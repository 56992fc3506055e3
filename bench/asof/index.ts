// The clickstream at RetailRocket's published size, from landed files to audited gold, beside a plain DuckDB script that makes the same tables,
// in the same run; and the point-in-time join by itself beside DuckDB's own.
// usage: npm run bench:asof -- [--scale 1] [--runs 1] [--json]
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { generateSample } from '../../samples/index.ts';
import { peerScript } from './peer-script.ts';

const { values } = parseArgs({ options: { scale: { type: 'string', default: '1' }, runs: { type: 'string', default: '1' }, json: { type: 'boolean', default: false } } });
const root = path.resolve(import.meta.dirname, '../..');
const work = mkdtempSync(path.join(tmpdir(), 'millrace-asof-'));
const GOLD = ['fact_sales_transactions', 'daily_sales', 'conversion_funnel', 'visitor_segments', 'item_features', 'session_metrics'];

interface Measure { seconds: number; cpuSeconds: number; megabytes: number }

/** A whole process, as the operating system accounts for it. */
function measure(argv: string[]): Measure & { stdout: string } {
  const report = path.join(work, 'time.txt');
  const started = process.hrtime.bigint();
  const { status, stderr, stdout } = spawnSync('/usr/bin/time', ['-o', report, '-f', '%U %S %M', process.execPath, ...argv], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${String(status)}: ${stderr}${stdout}`);
  const [user = 0, system = 0, kilobytes = 0] = spawnSync('cat', [report], { encoding: 'utf8' }).stdout.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  return { seconds, cpuSeconds: user + system, megabytes: kilobytes / 1024, stdout };
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

interface Size { scale: number; rows: number; millrace: Measure; script: Measure; ratio: number; join: { ours: number; theirs: number; rows: number; priced: number; differing: number } }

async function atScale(scale: number): Promise<Size> {
  const landing = path.join(work, 'landing');
  console.error(`generating the retailrocket profile at scale ${scale} …`);
  const truth = await generateSample({ profile: 'retailrocket', scale, seed: 7, defectRate: 0, out: landing, truthFile: path.join(work, 'truth.json') });
  const [ours, theirs]: [Measure[], Measure[]] = [[], []];
  const out = path.join(work, 'peer');
  for (let run = 0; run < Number(values.runs); run += 1) {
    const home = path.join(work, 'home');
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home);
    cpSync(landing, path.join(home, 'landing'), { recursive: true });
    ours.push(measure(['bin/millrace-cli.mjs', 'run', 'batch', '--home', home, '--json', '--select', ...GOLD.map((name) => `+gold.${name}`)]));
    rmSync(home, { recursive: true, force: true });
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out);
    const script = path.join(work, 'peer.sql');
    writeFileSync(script, peerScript(landing, out, truth.time_zone, truth.as_of));
    theirs.push(measure(['--import', 'tsx', 'bench/batch/run-peer.ts', script]));
    console.error(`scale ${scale}, run ${run + 1}: millrace ${ours.at(-1)?.seconds.toFixed(2)} s, plain script ${theirs.at(-1)?.seconds.toFixed(2)} s`);
  }
  const joins = JSON.parse(measure(['--import', 'tsx', 'bench/asof/run-join.ts', out, '5']).stdout) as { ours: number[]; theirs: number[]; rows: number; priced: number; differing: number };
  for (const file of readdirSync(work)) rmSync(path.join(work, file), { recursive: true, force: true });
  const middle = (all: readonly Measure[]): Measure => ({ seconds: median(all.map(({ seconds }) => seconds)), cpuSeconds: median(all.map(({ cpuSeconds }) => cpuSeconds)), megabytes: median(all.map(({ megabytes }) => megabytes)) });
  return {
    scale,
    rows: Object.values(truth.sources).reduce((sum, { rows }) => sum + rows, 0),
    millrace: middle(ours),
    script: middle(theirs),
    ratio: median(ours.map(({ seconds }, i) => seconds / (theirs[i] as Measure).seconds)),
    join: { ...joins, ours: median(joins.ours), theirs: median(joins.theirs) },
  };
}

try {
  const scale = Number(values.scale);
  const sizes = [await atScale(scale / 4), await atScale(scale)] as const;
  const [quarter, whole] = sizes;
  // What four times the rows cost, beyond what a run costs with none: 4 is linear.
  const growth = whole.millrace.cpuSeconds / quarter.millrace.cpuSeconds;
  if (values.json) console.log(JSON.stringify({ sizes, growth }));
  else {
    const met = (holds: boolean) => (holds ? 'met' : 'not met');
    for (const { scale: at, rows, millrace, script, ratio, join } of sizes) {
      console.log(`retailrocket profile, scale ${at}, ${rows.toLocaleString('en')} rows, median of ${values.runs}`);
      console.log(`  millrace       ${millrace.seconds.toFixed(2)} s wall, ${millrace.cpuSeconds.toFixed(2)} s of processor, ${Math.round(millrace.megabytes)} MB`);
      console.log(`  plain script   ${script.seconds.toFixed(2)} s wall, ${script.cpuSeconds.toFixed(2)} s of processor, ${Math.round(script.megabytes)} MB`);
      console.log(`  ratio          ${ratio.toFixed(2)} wall (wanted: at most 1.5: ${met(ratio <= 1.5)}; under 4 GiB: ${met(millrace.megabytes < 4096)})`);
      console.log(`  the join       ${join.ours.toFixed(2)} s, DuckDB's ASOF JOIN ${join.theirs.toFixed(2)} s, ratio ${(join.ours / join.theirs).toFixed(2)} (wanted: at most 1.3: ${met(join.ours <= 1.3 * join.theirs)}); `
        + `${join.rows.toLocaleString('en')} events, ${join.priced.toLocaleString('en')} with a price, ${join.differing} rows differ`);
    }
    console.log(`  growth         four times the rows take ${growth.toFixed(2)} times the processor (wanted: at most 4.4: ${met(growth <= 4.4)})`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
