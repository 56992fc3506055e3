// What tells one text from another.
import { createHash } from 'node:crypto';

/** SHA-256, hex. */
export function textHash(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
