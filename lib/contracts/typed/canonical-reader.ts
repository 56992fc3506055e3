// How the text of a column is read: for events, not for what is already known of them.
import { digitsOf } from '../grammar/numbers.ts';
import { formatPattern, parseFormat } from '../grammar/times.ts';
import type { Column, Contract } from '../types.ts';
import { compileEventTime } from '../validate/event-time.ts';
import { validationPlan } from '../validate/plan.ts';
import { parseScaled, scaledText } from '../values/numbers.ts';
import { isoOfFormat } from '../values/times.ts';

/** Gives a column's text in its one spelling, as `CanonicalColumn` says. */
export function canonicalReader(contract: Contract, name: string, column: Column): (text: string) => string {
  switch (column.kind) {
    case 'id':
      return column.canonical === 'integer' ? (text) => text.replace(/\.0+$/, '') : (text) => text;
    case 'text':
      return (text) => text;
    case 'boolean':
      return (text) => (/^(?:true|t|yes|y|1)$/i.test(text) ? 'true' : 'false');
    case 'integer':
    case 'epoch_ms':
      return (text) => (/^(?:0|[1-9]\d*)$/.test(text) ? text : String(parseScaled(text, 0)));
    case 'decimal':
    case 'money': {
      const { scale } = digitsOf(column);
      return (text) => scaledText(parseScaled(text, scale), scale);
    }
    case 'date':
      return dateReader(column);
    case 'timestamp': {
      const milliseconds = compileEventTime(validationPlan(contract), name);
      return (text) => `${new Date(milliseconds(text) ?? Number.NaN).toISOString().slice(0, 23).replace('T', ' ')}${behindMilliseconds(text)}`;
    }
  }
}

/** Digits four to six of the seconds' fraction: offsets of zones are whole minutes, so they stand as they were written. */
function behindMilliseconds(text: string): string {
  return (/\.(\d+)/.exec(text)?.[1] ?? '').slice(3, 6).padEnd(3, '0');
}

function dateReader(column: Column): (text: string) => string {
  const formats = (column.formats ?? []).map((format) => ({ tokens: parseFormat(format), pattern: new RegExp(`^(?:${formatPattern(format, 'date')})$`) }));
  if (formats.length === 0) return (text) => text.slice(0, 10);
  return (text) => {
    const found = /^\d{4}-/.test(text) ? undefined : formats.find(({ pattern }) => pattern.test(text));
    return (found === undefined ? text : isoOfFormat(text, found.tokens)).slice(0, 10);
  };
}
