// One file's fate, in one line.
import type { FileReport } from '../ingest/index.ts';
import { number, paint, type Terminal } from './terminal.ts';

export function fileLine(terminal: Terminal, file: FileReport): string {
  const name = file.file.padEnd(44);
  switch (file.status) {
    case 'landed':
    case 'empty': {
      const reasons = Object.entries(file.reasons).sort(([, a], [, b]) => b - a).slice(0, 3).map(([reason, n]) => `${reason} ${number(n)}`).join(', ');
      const quarantined = file.rejected === 0 ? '' : paint(terminal, 'yellow', `   ${number(file.rejected)} quarantined (${reasons}${Object.keys(file.reasons).length > 3 ? ', …' : ''})`);
      return `  ${paint(terminal, 'green', '✔')} ${name} ${number(file.rows).padStart(11)} rows${quarantined}`;
    }
    case 'unknown':
      return `  ${paint(terminal, 'yellow', '?')} ${name} belongs to no source. ${file.todo ?? ''}`;
    case 'seen':
      return `  = ${name} landed before as ${file.seenAs ?? ''}`;
    case 'failed':
      return `  ${paint(terminal, 'red', '✖')} ${name} ${file.error?.message ?? ''}${file.error?.todo === undefined ? '' : ` ${file.error.todo}`}`;
  }
}
