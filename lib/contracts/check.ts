// Is a contract well formed? Every mistake is found before anything is derived from it, and reported with its place.
import { MillraceError } from '../base/index.ts';
import { columnsOf } from './source.ts';
import type { Column, ColumnKind, Contract } from './types.ts';

/** Names that every bronze table has besides the contract's own columns. */
export const SYSTEM_COLUMNS: readonly string[] = Object.freeze([
  '_file', '_file_id', '_row', '_ingested_at', '_contract_version', '_stream', '_shard', '_sequence', '_subsequence',
]);

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const NUMERIC: readonly ColumnKind[] = ['integer', 'decimal', 'money', 'epoch_ms'];

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
  if (contract.currency !== undefined && !/^[A-Z]{3}$/.test(contract.currency)) refuse(`${contract.currency} is no ISO 4217 currency`, 'Write for example EUR.');
  if (contract.retentionDays !== undefined && !(Number.isInteger(contract.retentionDays) && contract.retentionDays > 0)) {
    refuse('retentionDays is a whole number above 0', 'Leave it out to keep rows for ever.');
  }
  checkColumns(contract, refuse);
  checkReferencesToColumns(contract, refuse);
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
  if (column.accepted?.length === 0) refuse(`column ${header} accepts no value`, 'List the values, or remove accepted.');
  if (column.pattern !== undefined) checkPattern(header, column.pattern, refuse);
  for (const bound of [column.min, column.max]) {
    if (bound !== undefined && NUMERIC.includes(column.kind) && !/^-?\d+(\.\d+)?$/.test(String(bound))) {
      refuse(`column ${header}: the bound ${bound} is no plain number`, 'Write it with digits, as text if it has many.');
    }
  }
}

/** Only what RE2 and JavaScript read alike. */
function checkPattern(header: string, pattern: string, refuse: Refuse): void {
  try {
    ''.match(new RegExp(`^(?:${pattern})$`, 'su'));
  } catch {
    refuse(`column ${header}: the pattern ${pattern} is no regular expression`, 'Mend it; it always has to match the whole value.');
  }
  if (/\(\?[^:]|\\[^.\\+*?()|[\]{}^$/-]|[^ -~]/.test(pattern)) {
    refuse(`column ${header}: the pattern ${pattern} uses more than characters, classes in [], groups, | and counts`, 'Write [0-9] for \\d, and no look-around or back-reference.');
  }
}

function checkReferencesToColumns(contract: Contract, refuse: Refuse): void {
  const columns = new Map(columnsOf(contract).map(({ name, column }) => [name, column]));
  for (const name of contract.key) {
    const column = columns.get(name);
    if (column === undefined) refuse(`the key names ${name}, which is no column`, `Columns are: ${[...columns.keys()].join(', ')}.`);
    else if (column.nullable) refuse(`the key column ${name} is nullable`, 'A key is never empty: remove nullable, or leave it out of the key.');
  }
  if (contract.duplicates === 'key' && contract.key.length === 0) refuse('duplicates by key, but there is no key', 'Declare key, or duplicates: \'row\'.');
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
