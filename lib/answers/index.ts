// Answers looked at again, of a home and of an account: what they were made from, whether they can be computed again, and what is kept for that.
export type { AnswerLog, AnswersContext, LoggedOutcome } from './context.ts';
export { explainAnswer } from './explain.ts';
export type { ExplainedInput, Explanation } from './explain/explanation.ts';
export { recomputed } from './inputs/recompute.ts';
export { servedAnswers, servedVersions, windowOf, type Window } from './inputs/served.ts';
export { ANSWER_TAG, keepForAnswers, type KeepForAnswers, type KeptForAnswers } from './keep.ts';
export { bronzeLog, silverLog } from './lake-log.ts';
export { reproduceAnswer, type Reproduction } from './reproduce.ts';
export { AnswerStates, DEMAND, FEATURES, LISTS, PRICES, RECOMMENDED, SHIPPING, type AnswerState } from './states.ts';
