// Answers looked at again, of a home and of an account: what they were made from, whether they can be computed again, and what is kept for that.
export type { AnswerLog, AnswersContext, LoggedOutcome } from './context.ts';
export { explainAnswer, type ExplainedInput, type Explanation } from './explain.ts';
export { answersOfHome, keepForAnswersOfHome } from './home.ts';
export { keepForAnswers, type KeepForAnswers, type KeptForAnswers } from './keep.ts';
export { silverLog } from './logged.ts';
export { reproduceAnswer, type Reproduction } from './reproduce.ts';
