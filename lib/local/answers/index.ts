// The answers of a home, as they are looked at again.
export { answersOfHome, keepForAnswersOfHome } from './home.ts';
