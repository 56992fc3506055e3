// The functions as they are deployed: bundles outside of the checkout, each in a bare process of the runtime's Node.
import { join } from 'node:path';
import type { ProjectFile } from '../../../lib/batch/index.ts';
import { bundleFunctions } from '../../../lib/stacks/bundle.ts';
import { LAKE_FUNCTIONS } from '../../../lib/stacks/functions.ts';
import { StateFailure } from '../../../lib/workflow/index.ts';
import { startLambda, type LambdaProcess } from '../../aws/support/lambda-process.ts';
import type { CallFunction } from './aws-home.ts';
import { lambdaNode } from './engines.ts';

export interface LambdaFleet { call: CallFunction; stop(): Promise<void> }

export async function startFleet(root: string, project: ProjectFile, folder: string, environment: Record<string, string>): Promise<LambdaFleet> {
  const bundles = await bundleFunctions({ root, out: join(folder, 'bundles'), functions: Object.keys(LAKE_FUNCTIONS), project });
  const processes = new Map<string, LambdaProcess>();
  for (const { name, folder: place } of bundles) {
    processes.set(name, await startLambda({ folder: place, name, temporary: join(folder, 'tmp', name), environment, node: lambdaNode(), memoryMb: LAKE_FUNCTIONS[name]?.memoryMb ?? 1024 }));
  }
  return {
    async call(name, payload) {
      const answer = await (processes.get(name) as LambdaProcess).invoke(JSON.parse(payload));
      if ('errorType' in answer) throw new StateFailure(answer.errorType, answer.errorMessage);
      return JSON.stringify(answer.result);
    },
    async stop() {
      for (const process of processes.values()) await process.stop();
    },
  };
}
