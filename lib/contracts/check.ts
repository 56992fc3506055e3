// Is a contract well formed? Every mistake is found before anything is derived from it, and reported with its place.
import { MillraceError } from '../base/index.ts';
import { digitsOf } from './grammar/numbers.ts';
import { patternProblem } from './grammar/patterns.ts';
import { ISO_DATE, parseFormat } from './grammar/times.ts';
import { columnsOf } from './source.ts';
import type { Column, Contract } from './types.ts';
import { validationPlan } from './validate/plan.ts';

/** Names that every bronze table has besides the contract's own columns. */
export const SYSTEM_COLUMNS: readonly string[] = Object.freeze([
  '_file', '_file_id', '_row', '_ingested_at', '_contract_version', '_stream', '_shard', '_sequence', '_subsequence',
]);

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/** Throws `bad_input` with the first thing that is wrong; `where` is the contract's file. */
export function checkContract(contract: Contract, where: string = `contract ${contract.name}`): void {
  const refuse = (message: string, todo: string): never => {
    throw new MillraceError('bad_input', `${contract.name}: ${message}`, { where, todo });
  };
  if (!NAME.test(contract.name)) refuse('the name of a source is lower case letters, digits and _', 'Rename it, for example order_items.');
  if (!/^\d+\.\d+$/.test(contract.version)) refuse(`version ${contract.version} is not major.minor`, 'Write for example 1.0.');
  if (contract.description.trim() === '') refuse('the description is empty', 'Say in a sentence what one row is.');
  if (contract.owner.trim() === '') refuse('the owner is empty', 'Name the team that answers for it.');
  if (!isTimeZone(contract.timeZone)) refuse(`${contract.timeZone} is not an IANA time zone`, 'Write for example America/Sao_Paulo or UTC.');
  if (contract.files === undefined && contract.stream === undefined) refuse('neither files nor a stream feed it', 'Add files: { names: […] } or stream: { … }.');
  if (contract.stream !== undefined && contract.files?.extraColumns === 'evolve') {
    refuse("extraColumns: 'evolve' does not go with a stream: files would add columns to the table of which the events' rows know nothing, and Firehose refuses rows that lack one", "Declare the columns, or say 'ignore' or 'quarantine'.");
  }
  if (contract.currency !== undefined && !/^[A-Z]{3}$/.test(contract.currency)) refuse(`${contract.currency} is no ISO 4217 currency`, 'Write for example EUR.');
  if (contract.retentionDays !== undefined && !(Number.isInteger(contract.retentionDays) && contract.retentionDays > 0)) {
    refuse('retentionDays is a whole number above 0', 'Leave it out to keep rows for ever.');
  }
  checkColumns(contract, refuse);
  checkReferencesToColumns(contract, refuse);
  checkRules(contract, where, refuse);
}

type Refuse = (message: string, todo: string) => never;

function checkColumns(contract: Contract, refuse: Refuse): void {
  const columns = columnsOf(contract);
  if (columns.length === 0) refuse('it has no columns', 'Declare at least one.');
  const seen = new Map<string, string>();
  const headers = new Map<string, string>();
  for (const { header, name, column } of columns) {
    if (!NAME.test(name)) refuse(`column ${header}: the table name ${name} is not lower case letters, digits and _`, `Add as: '…' to the column.`);
    if (name.includes('__')) refuse(`column ${header}: names with __ in them are ours (${name.split('__')[0]}__date and the like)`, `Add as: '…' to the column.`);
    if (SYSTEM_COLUMNS.includes(name)) refuse(`column ${header}: ${name} is a name of ours`, `Add as: '…' to the column.`);
    const same = seen.get(name);
    if (same !== undefined) refuse(`columns ${same} and ${header} would both be ${name}`, `Add as: '…' to one of them.`);
    seen.set(name, header);
    for (const spelling of [header, ...(column.aliases ?? [])]) {
      const other = headers.get(spelling.toLowerCase());
      if (other !== undefined && other !== header) refuse(`the header ${spelling} means both ${other} and ${header}`, 'Remove the alias from one of them.');
      headers.set(spelling.toLowerCase(), header);
    }
    checkColumn(contract, header, column, refuse);
  }
}

function checkColumn(contract: Contract, header: string, column: Column, refuse: Refuse): void {
  if (column.kind === 'money' && contract.currency === undefined) refuse(`column ${header} is money, but no currency is declared`, `Add currency: 'EUR' or the like.`);
  if (column.pii !== undefined && column.kind !== 'text') refuse(`column ${header}: only text can be pseudonymised`, 'Make it text(…).');
  if (column.kind === 'decimal') {
    const { precision = 0, scale = -1 } = column;
    if (!(Number.isInteger(precision) && precision >= 1 && precision <= 38 && Number.isInteger(scale) && scale >= 0 && scale <= precision)) {
      refuse(`column ${header}: a decimal has 1 to 38 digits, and no more decimals than digits`, 'Write for example precision: 9, scale: 3.');
    }
  }
  if (column.accepted !== undefined && column.pattern !== undefined) refuse(`column ${header} has a pattern and a list of accepted values`, 'Keep one of them.');
  if (column.accepted !== undefined && (column.accepted.length === 0 || column.accepted.some((value) => value === '' || value.includes('\u001f')))) {
    refuse(`column ${header}: accepted values are texts of at least one character`, 'List the values; for empty fields write nullable: true.');
  }
  const textual = column.kind === 'id' || column.kind === 'text';
  if (!textual && (column.accepted !== undefined || column.pattern !== undefined)) refuse(`column ${header}: accepted and pattern are for id and text`, 'Use min and max, or a rule.');
  const problem = column.pattern === undefined ? undefined : patternProblem(column.pattern);
  if (problem !== undefined) refuse(`column ${header}: ${problem}`, 'A pattern always has to match the whole value.');
  if (column.formats !== undefined) checkFormats(header, column.formats, refuse);
  checkBounds(header, column, refuse);
}

function checkFormats(header: string, formats: readonly string[], refuse: Refuse): void {
  for (const format of formats) {
    try {
      parseFormat(format);
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      refuse(`column ${header}: ${error.message}`, error.todo ?? 'Mend the format.');
    }
  }
}

function checkBounds(header: string, column: Column, refuse: Refuse): void {
  const { scale } = digitsOf(column);
  const bounds = [column.min, column.max].filter((bound) => bound !== undefined);
  for (const bound of bounds) {
    if (column.kind === 'id' || column.kind === 'text' || column.kind === 'boolean') refuse(`column ${header}: a ${column.kind} has no bounds`, 'Use pattern, accepted or a rule.');
    else if (column.kind === 'date' || column.kind === 'timestamp') {
      const shape = column.kind === 'date' ? '[0-9]{4}-[0-9]{2}-[0-9]{2}' : '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?)?';
      const real = new RegExp(`^(?:${shape})$`).test(String(bound)) && new RegExp(`^(?:${ISO_DATE})$`).test(String(bound).slice(0, 10));
      if (!real) refuse(`column ${header}: the bound ${bound} is no ${column.kind === 'date' ? 'date' : 'local time'}`, `Write for example '2018-01-31'.`);
    } else if (!new RegExp(`^-?[0-9]{1,38}(?:\\.[0-9]{1,${Math.max(1, scale)}})?$`).test(String(bound)) || (scale === 0 && String(bound).includes('.'))) {
      refuse(`column ${header}: the bound ${bound} is no number with at most ${scale} decimals`, 'Write it with digits, as text if it has many.');
    }
  }
  const [min, max] = [column.min, column.max];
  if (min !== undefined && max !== undefined && (typeof min === 'number' && typeof max === 'number' ? min > max : false)) refuse(`column ${header}: the minimum ${min} is above the maximum ${max}`, 'Swap them.');
}

function checkRules(contract: Contract, where: string, refuse: Refuse): void {
  for (const name of Object.keys(contract.rules)) {
    if (!NAME.test(name)) refuse(`the rule ${name}: its name is lower case letters, digits and _`, 'Rename it, for example price_is_positive.');
    if (columnsOf(contract).some((column) => column.name === name)) refuse(`the rule ${name} has the name of a column`, 'Rename it: reasons must tell them apart.');
  }
  try {
    validationPlan(contract);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw new MillraceError('bad_input', error.message, { where, todo: error.todo ?? 'Mend the rule.', cause: error });
  }
}

function checkReferencesToColumns(contract: Contract, refuse: Refuse): void {
  const columns = new Map(columnsOf(contract).map(({ name, column }) => [name, column]));
  for (const name of contract.key) {
    const column = columns.get(name);
    if (column === undefined) refuse(`the key names ${name}, which is no column`, `Columns are: ${[...columns.keys()].join(', ')}.`);
    else if (column.nullable && contract.duplicates !== 'first') refuse(`the key column ${name} is nullable`, 'A key is never empty: remove nullable, or leave it out of the key.');
  }
  if (contract.duplicates === 'key' && contract.key.length === 0) refuse('duplicates by key, but there is no key', 'Declare key, or duplicates: \'row\'.');
  if (contract.duplicates === 'first') {
    const column = columns.get(contract.key[0] ?? '');
    if (contract.key.length !== 1 || (column?.kind !== 'id' && column?.kind !== 'text')) refuse('duplicates: \'first\' goes by one id', 'Declare key: [\'…\'] with one column of id or text.');
    if (contract.eventTime === undefined) refuse('duplicates: \'first\' needs to know what happened first', 'Name the column: eventTime.');
  }
  if (contract.eventTime !== undefined) {
    const kind = columns.get(contract.eventTime)?.kind;
    if (kind !== 'timestamp' && kind !== 'date' && kind !== 'epoch_ms') refuse(`the event time ${contract.eventTime} is no column with a time`, 'Name a timestamp, date or epochMs column.');
  }
  if (contract.stream !== undefined && !columns.has(contract.stream.partitionKey)) refuse(`the stream's partition key ${contract.stream.partitionKey} is no column`, 'Name a column.');
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone }).format(0);
    return zone !== '';
  } catch {
    return false;
  }
}
