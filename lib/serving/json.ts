// Bodies as JSON.
import { parsePythonJson as parse } from '../base/index.ts';
import { invalid } from './problem.ts';

/** @throws Problem 400 */
export function parseJson(text: string): unknown {
  return parsedBy(JSON.parse, text);
}

/** The same of clients in Python, whose JSON has NaN where a value is missing: null here. Infinity is a number that is too large. @throws Problem 400 */
export function parsePythonJson(text: string): unknown {
  return parsedBy(parse, text);
}

function parsedBy(parser: (text: string) => unknown, text: string): unknown {
  if (text === '') throw invalid('the body is empty; send JSON');
  try {
    return parser(text);
  } catch (thrown) {
    throw invalid(`the body is no JSON: ${(thrown as Error).message}`);
  }
}
