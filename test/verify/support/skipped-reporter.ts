// Names what did not run, last of all: a verification that leaves parts out must say so.
import type { Reporter, TestModule } from 'vitest/node';

export class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')].map((test) => `  ${module.relativeModuleId}: ${test.fullName}`));
    process.stdout.write(skipped.length === 0 ? '\nnothing was left out\n' : `\ndid not run (${skipped.length}):\n${skipped.join('\n')}\n`);
  }
}

// Vitest loads a reporter by its module's default export.
export { SkippedReporter as default };
