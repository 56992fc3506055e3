// A process that only reads while others write and die: counts and scans over and over, through one open runtime and through new ones.
// Arguments: the home, JSON of the counts that were ever published, a table, and milliseconds between two rounds. A line on standard input ends it; it prints its findings as JSON.
import { messageOf } from '../../../lib/base/index.ts';
import { openRuntime, type Runtime } from '../../../lib/local/index.ts';

export interface Findings { reads: number; failures: string[] }

const [home = '', text = '{}', pause = '20'] = process.argv.slice(2);
const published = JSON.parse(text) as Record<string, number[]>;
const project = new URL('../../..', import.meta.url).pathname;
const READS_A_RUNTIME = 40;

const findings: Findings = { reads: 0, failures: [] };
const end = new AbortController();
process.stdin.once('data', () => end.abort());

while (!end.signal.aborted) {
  const runtime = await openRuntime({ home, project, create: true, memoryLimit: '256MB' });
  try {
    for (let i = 0; !end.signal.aborted && i < READS_A_RUNTIME; i++) {
      for (const name of Object.keys(published)) await read(runtime, name);
      await new Promise((resolve) => setTimeout(resolve, Number(pause)));
    }
  } finally {
    await runtime.close();
  }
}
process.stdout.write(`${JSON.stringify(findings)}\n`);
process.stdin.destroy();

async function read(runtime: Runtime, name: string): Promise<void> {
  const [namespace = '', table = ''] = name.split('.');
  try {
    if (!(await runtime.lake.tableExists({ namespace, name: table }))) return;
    const engine = await runtime.engine();
    const { rows } = await engine.query(`SELECT count(*) AS n FROM ${name}`);
    // Every column is read; the count alone could come from the footers of the files.
    await engine.query(`SELECT * FROM ${name}`);
    const count = Number(rows[0]?.[0]);
    if (count !== 0 && !published[name]?.includes(count)) findings.failures.push(`${name} showed ${count} rows, never published`);
  } catch (error) {
    findings.failures.push(`${name}: ${messageOf(error)}`);
  }
  findings.reads += 1;
}
