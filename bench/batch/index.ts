// From landed files to audited gold: Millrace beside one plain DuckDB script with the same statements, in the same run.
// usage: npm run bench:batch -- [--scale 1] [--runs 3] [--json]
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadProject } from '../../lib/local/index.ts';
import { generateSample } from '../../samples/index.ts';
import { peerScript } from './peer-script.ts';

const { values } = parseArgs({ options: { scale: { type: 'string', default: '1' }, runs: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } } });
const scale = Number(values.scale);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const work = mkdtempSync(path.join(tmpdir(), 'millrace-bench-'));

interface Measure { seconds: number; cpuSeconds: number; megabytes: number }

/** A whole process, as the operating system accounts for it. */
function measure(argv: string[]): Measure {
  const report = path.join(work, 'time.txt');
  const started = process.hrtime.bigint();
  const { status, stderr, stdout } = spawnSync('/usr/bin/time', ['-o', report, '-f', '%U %S %M', process.execPath, ...argv], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${String(status)}: ${stderr}${stdout}`);
  const [user = 0, system = 0, kilobytes = 0] = spawnSync('cat', [report], { encoding: 'utf8' }).stdout.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  return { seconds, cpuSeconds: user + system, megabytes: kilobytes / 1024 };
}

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

try {
  const landing = path.join(work, 'landing');
  console.error(`generating the olist profile at scale ${scale} …`);
  const truth = await generateSample({ profile: 'olist', scale, seed: 7, defectRate: 0, out: landing, truthFile: path.join(work, 'truth.json') });
  const ours: Measure[] = [];
  const theirs: Measure[] = [];
  const project = await loadProject(root);
  for (let run = 0; run < Number(values.runs); run += 1) {
    const home = path.join(work, 'home');
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home);
    cpSync(landing, path.join(home, 'landing'), { recursive: true });
    ours.push(measure(['bin/millrace-cli.mjs', 'run', 'batch', '--home', home, '--json']));
    const out = path.join(work, 'peer');
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out);
    const script = path.join(work, 'peer.sql');
    writeFileSync(script, await peerScript(project, landing, out));
    theirs.push(measure(['--import', 'tsx', 'bench/batch/run-peer.ts', script]));
    console.error(`run ${run + 1}: millrace ${ours.at(-1)?.seconds.toFixed(2)} s, plain script ${theirs.at(-1)?.seconds.toFixed(2)} s`);
  }
  const result = {
    scale,
    rows: Object.values(truth.sources).reduce((sum, { rows }) => sum + rows, 0),
    millrace: { seconds: median(ours.map(({ seconds }) => seconds)), cpuSeconds: median(ours.map(({ cpuSeconds }) => cpuSeconds)), megabytes: median(ours.map(({ megabytes }) => megabytes)) },
    script: { seconds: median(theirs.map(({ seconds }) => seconds)), cpuSeconds: median(theirs.map(({ cpuSeconds }) => cpuSeconds)), megabytes: median(theirs.map(({ megabytes }) => megabytes)) },
    ratio: median(ours.map(({ seconds }, i) => seconds / (theirs[i] as Measure).seconds)),
    cpuRatio: median(ours.map(({ cpuSeconds }, i) => cpuSeconds / (theirs[i] as Measure).cpuSeconds)),
  };
  const target = scale >= 10 ? 1.4 : 2;
  if (values.json) console.log(JSON.stringify(result));
  else {
    console.log(`olist profile, scale ${scale}, ${result.rows.toLocaleString('en')} rows, median of ${values.runs}`);
    console.log(`  millrace       ${result.millrace.seconds.toFixed(2)} s wall, ${result.millrace.cpuSeconds.toFixed(2)} s of processor, ${Math.round(result.millrace.megabytes)} MB`);
    console.log(`  plain script   ${result.script.seconds.toFixed(2)} s wall, ${result.script.cpuSeconds.toFixed(2)} s of processor, ${Math.round(result.script.megabytes)} MB`);
    console.log(`  ratio          ${result.ratio.toFixed(2)} wall, ${result.cpuRatio.toFixed(2)} processor (wanted: at most ${target}: ${result.ratio <= target ? 'met' : 'not met'}; under 2 GB: ${result.millrace.megabytes < 2048 ? 'met' : 'not met'})`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
