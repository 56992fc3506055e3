// A home with a small sample shop in it, and the command line over it; ended batches, nothing trained.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runProgram, VERBS } from '../../../lib/cli/index.ts';
import { generateSample } from '../../../samples/index.ts';

export const PROJECT = path.resolve(import.meta.dirname, '../../..');

/** What conversion and churn learn from. */
const SOURCES = ['events', 'orders', 'order_items', 'order_payments', 'order_reviews', 'customers'];

export interface TrainingHome {
  home: string;
  folder: string;
  /** Gives what is printed. Fails where the exit code is another. */
  millrace(argv: readonly string[], options?: { code?: number; environment?: NodeJS.ProcessEnv }): Promise<{ out: string; err: string }>;
  json<Result>(...argv: string[]): Promise<Result>;
  remove(): void;
}

export async function trainingHome({ scale = 0.3, project = PROJECT }: { scale?: number; project?: string } = {}): Promise<TrainingHome> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-learning-'));
  const home = path.join(folder, 'home');
  await generateSample({ profile: 'shop', scale, seed: 7, out: path.join(folder, 'files'), defectRate: 0 });
  for (const source of SOURCES) cpSync(path.join(folder, 'files', source), path.join(folder, 'landing', source), { recursive: true });
  const millrace: TrainingHome['millrace'] = async (argv, { code: wanted = 0, environment = {} } = {}) => {
    const printed = { out: '', err: '' };
    const terminal = { out: (text: string) => void (printed.out += text), err: (text: string) => void (printed.err += text), interactive: false, colours: false, columns: 140 };
    const code = await runProgram([...argv, '--home', home], VERBS, { project, version: '9.9.9', terminal, environment, signal: new AbortController().signal });
    if (code !== wanted) throw new Error(`millrace ${argv.join(' ')} ended with ${code}: ${printed.err}${printed.out}`);
    return printed;
  };
  await millrace(['ingest', path.join(folder, 'landing')]);
  await millrace(['run', 'batch', '--select', '+silver.events,+silver.orders_master']);
  return {
    home, folder, millrace,
    json: async <Result>(...argv: string[]) => JSON.parse((await millrace([...argv, '--json'])).out) as Result,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
