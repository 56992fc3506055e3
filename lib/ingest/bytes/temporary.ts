// Names of temporary files: no two alike, in one process or in several.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

export function temporaryPath(folder: string, kind: string): string {
  return join(folder, `${kind}-${process.pid}-${randomBytes(6).toString('hex')}`);
}
