// Where a home keeps what its API answers from.
import path from 'node:path';
import { AnswerStates } from '../answers/index.ts';
import { LocalFiles } from '../lake/index.ts';
import type { Home } from './home.ts';

/** `<home>/answers` */
export function statesOfHome({ root }: Pick<Home, 'root'>): AnswerStates {
  return new AnswerStates(new LocalFiles(), path.join(root, 'answers'));
}
