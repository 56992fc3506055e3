// Runs the batch with progress on the terminal, and gives the report that a summary is printed from.
import { EXIT_CODES, type ErrorCode } from '../base/index.ts';
import { localFileIngest, runBatch, RunReporter, type RunReport, type Runtime } from '../local/index.ts';
import type { BatchOptions } from '../batch/index.ts';
import { progressLine } from './terminal.ts';
import type { Invocation } from './verb.ts';

export async function runReported(invocation: Invocation, runtime: Runtime, options: BatchOptions = {}): Promise<RunReport> {
  const line = progressLine(invocation.terminal);
  const reporter = new RunReporter(() => performance.now());
  try {
    const { runId, outcome } = await runBatch(runtime, {
      options,
      files: await localFileIngest(runtime, { onProgress: (progress) => progress.event === 'read' && line.show(`  ingest    ${progress.file}`), onReport: reporter.onFile }),
      onTask: (event) => {
        reporter.onTask(event);
        const { planned, ended } = reporter.progress;
        if (planned > 0) line.show(`  models    ${ended} of ${planned}   ${String(event.payload['model'] ?? '')}`);
      },
    });
    return reporter.report(runId, outcome);
  } finally {
    line.clear();
  }
}

/**
 * Where the run failed, the code of what failed it, and 6 where that is no error of ours; 8 where it succeeded but for files that the disk or a
 * permission kept from landing: they are tried again by the next.
 */
export function exitCodeOf({ status, error, refused }: RunReport): number {
  if (status !== 'succeeded') return EXIT_CODES[error?.error.replace(/^Millrace\./, '') as ErrorCode] ?? EXIT_CODES.audit_failed;
  return refused.some(({ error }) => error?.code === 'io') ? EXIT_CODES.io : 0;
}
