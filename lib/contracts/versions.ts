// What a new version of a contract changes: whether rows that were accepted stay valid and readers keep working, or what breaks.
import { digitsOf } from './grammar/numbers.ts';
import { columnsOf } from './source.ts';
import type { Column, Contract } from './types.ts';
import { compareDecimals } from './values/numbers.ts';

export interface ContractChange {
  /** `order_items.price` or `order_items` */
  what: string;
  /** A sentence for a person. */
  message: string;
  /**
   * `wider`: more is accepted than before. `stricter`: fewer new rows are accepted; rows in bronze stay, and readers notice nothing. `breaking`:
   * stored rows would be read wrongly, or readers would miss what they read.
   */
  effect: 'wider' | 'stricter' | 'breaking';
}

export interface ContractComparison {
  changes: readonly ContractChange[];
  /** Nothing breaks, so the change flows through. */
  compatible: boolean;
  /** Which part of the version the change should raise. */
  needs: 'nothing' | 'minor' | 'major';
  /** The version was raised so. */
  versionRaised: boolean;
}

/** Compares what bronze was filled by with what it is to be filled by now. The first thing to read is `compatible`. */
export function compareContracts(before: Contract, after: Contract): ContractComparison {
  const changes = [...columnChanges(before, after), ...ruleChanges(before, after), ...contractChanges(before, after)];
  const compatible = changes.every(({ effect }) => effect !== 'breaking');
  const needs = changes.length === 0 ? 'nothing' : compatible ? 'minor' : 'major';
  const [majorBefore = 0, minorBefore = 0] = before.version.split('.').map(Number);
  const [majorAfter = 0, minorAfter = 0] = after.version.split('.').map(Number);
  const raised = { nothing: true, minor: majorAfter > majorBefore || (majorAfter === majorBefore && minorAfter > minorBefore), major: majorAfter > majorBefore }[needs];
  return { changes, compatible, needs, versionRaised: raised };
}

function columnChanges(before: Contract, after: Contract): ContractChange[] {
  const old = new Map(columnsOf(before).map((column) => [column.name, column]));
  const now = new Map(columnsOf(after).map((column) => [column.name, column]));
  const changes: ContractChange[] = [];
  for (const { name, column } of old.values()) {
    const other = now.get(name);
    if (other === undefined) changes.push(breaks(after, name, 'is gone: models that read it would fail'));
    else changes.push(...changesOf(after, name, column, other.column));
  }
  for (const { name, column } of now.values()) {
    if (old.has(name)) continue;
    changes.push(column.nullable ? widens(after, name, 'is new and nullable') : breaks(after, name, 'is new and must not be empty: rows of older files have nothing there'));
  }
  return changes;
}

function changesOf(contract: Contract, name: string, before: Column, after: Column): ContractChange[] {
  const changes: ContractChange[] = [];
  const kind = kindChange(before, after);
  if (kind !== undefined) changes.push({ what: `${contract.name}.${name}`, ...kind });
  if (before.nullable && !after.nullable) changes.push(breaks(contract, name, 'must not be empty any more, and rows where it is were accepted'));
  if (!before.nullable && after.nullable) changes.push(widens(contract, name, 'may be empty now'));
  changes.push(...boundChanges(contract, name, before, after));
  if (!same(before.accepted, after.accepted)) {
    const gone = after.accepted === undefined ? [] : (before.accepted ?? ['any other value']).filter((value) => !after.accepted!.includes(value));
    changes.push(gone.length === 0 ? widens(contract, name, 'accepts more values') : narrows(contract, name, `does not accept ${gone.join(', ')} any more`));
  }
  if (before.pattern !== after.pattern) changes.push((after.pattern === undefined ? widens : narrows)(contract, name, after.pattern === undefined ? 'has no pattern any more' : `must match ${after.pattern}`));
  const formatsGone = (before.formats ?? []).filter((format, at) => after.formats?.[at] !== format);
  if (formatsGone.length > 0) changes.push(breaks(contract, name, `is not read by ${formatsGone.join(', ')} as before`));
  else if ((after.formats?.length ?? 0) > (before.formats?.length ?? 0)) changes.push(widens(contract, name, 'takes more formats'));
  if (before.canonical !== after.canonical) changes.push(breaks(contract, name, 'would have other values for the same text (canonical)'));
  if (before.pii !== after.pii) changes.push(breaks(contract, name, after.pii === undefined ? 'is not pseudonymised any more' : `becomes a pseudonym of a ${after.pii}, and stored rows are not`));
  return changes;
}

/** A type may only grow within its family: models read it, and tables can widen decimal(p,s) by digits before the point. */
function kindChange(before: Column, after: Column): Pick<ContractChange, 'effect' | 'message'> | undefined {
  const decimals = ['decimal', 'money'];
  if (decimals.includes(before.kind) && decimals.includes(after.kind)) {
    const [a, b] = [digitsOf(before), digitsOf(after)];
    if (a.scale !== b.scale || b.integer < a.integer) {
      return { effect: 'breaking', message: `goes from decimal(${a.integer + a.scale},${a.scale}) to decimal(${b.integer + b.scale},${b.scale})` };
    }
    if (b.integer > a.integer) return { effect: 'wider', message: `has room for ${b.integer} digits before the point` };
    if (before.round === after.round) return undefined;
    return after.round === true ? { effect: 'wider', message: 'is rounded now instead of refused' } : { effect: 'stricter', message: 'is refused now instead of rounded' };
  }
  if (before.kind === after.kind) return undefined;
  if (before.kind === 'id' && after.kind === 'text') return { effect: 'wider', message: 'is text now, spaces and all' };
  return { effect: 'breaking', message: `is ${after.kind} now, not ${before.kind}: readers would get another type` };
}

function boundChanges(contract: Contract, name: string, before: Column, after: Column): ContractChange[] {
  const changes: ContractChange[] = [];
  for (const [bound, looser] of [['min', -1], ['max', 1]] as const) {
    const [old, now] = [before[bound], after[bound]];
    if (old === undefined && now === undefined) continue;
    const word = bound === 'min' ? 'minimum' : 'maximum';
    if (now === undefined) changes.push(widens(contract, name, `has no ${word} any more`));
    else if (old === undefined) changes.push(narrows(contract, name, `has a ${word} of ${now} now, and rows beyond it were accepted`));
    else {
      const order = compareBounds(now, old);
      if (order !== 0) changes.push((order === looser ? widens : narrows)(contract, name, `has the ${word} ${now} instead of ${old}`));
    }
  }
  return changes;
}

function compareBounds(a: number | string, b: number | string): number {
  const numeric = (bound: number | string) => /^-?\d+(\.\d+)?$/.test(String(bound));
  if (numeric(a) && numeric(b)) return compareDecimals(String(a), String(b));
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

function ruleChanges(before: Contract, after: Contract): ContractChange[] {
  const changes: ContractChange[] = [];
  for (const [name, rule] of Object.entries(after.rules)) {
    if (before.rules[name] === undefined) changes.push(narrows(after, name, `is a new rule, and rows that break it were accepted: ${rule}`));
    else if (before.rules[name] !== rule) changes.push(narrows(after, name, `is another rule now: ${rule}`));
  }
  for (const name of Object.keys(before.rules)) {
    if (after.rules[name] === undefined) changes.push(widens(after, name, 'is no rule any more'));
  }
  return changes;
}

function contractChanges(before: Contract, after: Contract): ContractChange[] {
  const changes: ContractChange[] = [];
  const breaking = (message: string) => changes.push({ what: after.name, message, effect: 'breaking' });
  if (before.name !== after.name) breaking(`is another source: ${before.name} before`);
  if (before.timeZone !== after.timeZone) breaking(`has the time zone ${after.timeZone} instead of ${before.timeZone}: every local time would be another instant`);
  if (before.currency !== after.currency) breaking(`has the currency ${after.currency} instead of ${before.currency}`);
  if (!same(before.key, after.key)) breaking(`has the key ${after.key.join(', ') || 'none'} instead of ${before.key.join(', ') || 'none'}`);
  if (before.duplicates !== after.duplicates) breaking(`removes duplicates by ${after.duplicates} instead of ${before.duplicates}`);
  if (before.eventTime !== after.eventTime) breaking(`has the event time ${after.eventTime} instead of ${before.eventTime}`);
  if (before.stream !== undefined && after.stream === undefined) breaking('has no stream any more');
  return changes;
}

const change = (effect: ContractChange['effect']) => (contract: Contract, column: string, message: string): ContractChange => ({ what: `${contract.name}.${column}`, message, effect });
const [widens, narrows, breaks] = [change('wider'), change('stricter'), change('breaking')];
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
