// What a person is told who pressed Ctrl-C: the same of every verb, whatever was under way.
import { MillraceError } from '../base/index.ts';

export function interrupted(cause?: unknown): MillraceError {
  return new MillraceError('interrupted', 'stopped by Ctrl-C; what was published stays, nothing is half-written', { todo: 'Run it again to go on.', cause });
}
