// What is wrong with the files of a project: collected, so that one run names all of it.
import { MillraceError } from '../../base/index.ts';

/** One thing that is wrong in one place, and what to do about it. Lines count from 1. */
export interface Problem { file: string; line: number; message: string; todo?: string }

/** Gathers problems; `throwIfAny` ends with an error that lists them, the first one's place as its `where`. */
export class Problems {
  readonly found: Problem[] = [];

  add(file: string, line: number, message: string, todo?: string): void {
    this.found.push({ file, line, message, ...(todo === undefined ? {} : { todo }) });
  }

  throwIfAny(): void {
    const [first, ...rest] = this.found;
    if (first === undefined) return;
    const where = `${first.file}:${first.line}`;
    if (rest.length === 0) throw new MillraceError('bad_input', first.message, { where, ...(first.todo === undefined ? {} : { todo: first.todo }) });
    const lines = this.found.map(({ file, line, message, todo }) => `${file}:${line}: ${message}${todo === undefined ? '' : ` (${todo})`}`);
    throw new MillraceError('bad_input', `${lines.length} things are wrong with the models\n${lines.join('\n')}`, { where });
  }
}
