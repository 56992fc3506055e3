// Makes and evolves the tables of contracts and models, as a custom resource of the batch stack. Deleting it deletes nothing.
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { applyTables } from '../../lib/batch/index.ts';
import { lambdaContext } from '../shared/context.ts';
import { asTask } from '../shared/handler.ts';

export const handler = asTask(async (context, event: CloudFormationCustomResourceEvent): Promise<{ PhysicalResourceId: string; Data?: Record<string, string> }> => {
  const id = 'millrace-tables';
  if (event.RequestType === 'Delete') return { PhysicalResourceId: id };
  const { made, changed } = await applyTables(context);
  return { PhysicalResourceId: id, Data: { made: String(made.length), changed: String(changed.length) } };
}, lambdaContext());
