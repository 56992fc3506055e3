// Answers of an account: where it is noted what they were made from, and all that they are looked at again with.
export { openAccountAnswers, STATES_FOLDER, type AccountAnswers } from './account-answers.ts';
