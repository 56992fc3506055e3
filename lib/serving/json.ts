// Bodies as JSON.
import { invalid } from './problem.ts';

/** @throws Problem 400 */
export function parseJson(text: string): unknown {
  if (text === '') throw invalid('the body is empty; send JSON');
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw invalid(`the body is no JSON: ${(thrown as Error).message}`);
  }
}

const TEXTS_AND_WORDS = /"(?:[^"\\]|\\.)*"|\bNaN\b|\bInfinity\b/g;

/** The same of clients in Python, whose JSON has NaN where a value is missing: null here. Infinity is a number that is too large. @throws Problem 400 */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parseJson(text.replace(TEXTS_AND_WORDS, (found) => (found === 'NaN' ? 'null' : found === 'Infinity' ? '1e999' : found)));
  }
}
