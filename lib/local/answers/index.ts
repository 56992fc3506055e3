// Answers of a home looked at again: what they were made from, whether they can be computed again, and what is kept for that.
export { explainInHome, type ExplainedInput, type Explanation } from './explain.ts';
export { keepForAnswers, type KeptForAnswers } from './keep.ts';
export { reproduceInHome, type Reproduction } from './reproduce.ts';
