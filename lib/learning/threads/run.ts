// Runs a job on worker threads, or on the calling thread where one is asked for.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { MillraceError } from '../../base/index.ts';
import { runJob, type Job, type JobNews } from './jobs.ts';
import { ALONE } from './team.ts';
import type { WorkerInput } from './worker.ts';

export interface ThreadOptions {
  /** Threads to train with. Default: as many as the machine has, at most 8, and one where the data are small. The result does not depend on it. */
  threads?: number;
  /** The script that a worker thread runs. Default: the one beside this file; where a bundle has none, training runs on the calling thread. */
  workerScript?: URL;
  /** Stops training after the round or tree in hand; what is trained until then is thrown away. */
  signal?: AbortSignal;
}

/** Below this many cells, starting threads takes longer than training. */
const WORTH_THREADS = 500_000;

export function threadsFor(cells: number, { threads, workerScript }: ThreadOptions): number {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new MillraceError('bad_input', `threads is ${threads}`, { where: 'threads', todo: 'give a whole number from 1 on' });
  }
  const script = workerScript ?? new URL('./worker.mjs', import.meta.url);
  if (!existsSync(fileURLToPath(script))) return 1;
  return threads ?? (cells < WORTH_THREADS ? 1 : Math.min(availableParallelism(), 8));
}

/** Resolves when every thread is done; rejects with the first failure, after all threads have ended. */
export async function runThreads(job: Job, threads: number, { workerScript, signal }: ThreadOptions, tell: (news: JobNews) => void): Promise<void> {
  const stopIt = (): void => {
    Atomics.store(job.stop, 0, 1);
  };
  signal?.addEventListener('abort', stopIt, { once: true });
  try {
    signal?.throwIfAborted();
    if (threads === 1) runJob(job, ALONE, tell);
    else await runWorkers(job, threads, workerScript ?? new URL('./worker.mjs', import.meta.url), tell);
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', stopIt);
  }
}

async function runWorkers(job: Job, size: number, script: URL, tell: (news: JobNews) => void): Promise<void> {
  const control = new SharedArrayBuffer(8);
  const workers: Worker[] = [];
  try {
    await Promise.all(Array.from({ length: size }, (_, index) => new Promise<void>((resolve, reject) => {
      const workerData: WorkerInput = { job, control, index, size };
      const worker = new Worker(script, { workerData });
      workers.push(worker);
      let done = false;
      worker.on('message', (news: JobNews) => {
        if (news.kind === 'done') done = true;
        try {
          tell(news);
        } catch (thrown) {
          reject(thrown as Error);
        }
      });
      worker.on('error', reject);
      worker.on('exit', (code) => (done ? resolve() : reject(new MillraceError('internal', `a training thread ended with code ${code}`, { where: 'training' }))));
    })));
  } finally {
    // One that failed leaves the others waiting for it.
    await Promise.all(workers.map(async (worker) => await worker.terminate()));
  }
}
