// What an answer was made from: who gave it, from which inputs, how old these were, what each contributed, and what came of it.
import type { AnswersContext } from './context.ts';
import { explainBatch } from './explain/batch.ts';
import type { Explanation } from './explain/explanation.ts';
import { explainLogged } from './explain/logged.ts';
import { findAnswer } from './find.ts';

/** @throws `not_found` where there is no such answer. */
export async function explainAnswer(context: AnswersContext, id: string): Promise<Explanation> {
  const found = await findAnswer(context, id);
  return found.kind === 'batch' ? explainBatch(context, found.answer) : explainLogged(context, found.record);
}
