// Which column of a file is which column of the contract, and what the contract's policy says of those that do not match.
import { MillraceError } from '../../base/index.ts';
import { columnsOf, SYSTEM_COLUMNS, type Contract, type FilePolicy } from '../../contracts/index.ts';

/** A column of the file: where it goes in bronze, or nowhere. */
export interface ShapedColumn {
  /** As the file spells it. */
  header: string;
  /** Name in bronze; undefined: left out (`extraColumns: 'ignore'`). */
  target?: string;
  /** The contract does not know it (`extraColumns: 'evolve'`). */
  extra: boolean;
}

export interface Shape {
  /** One a column of the file, in its order. */
  columns: ShapedColumn[];
  /** Bronze names of contract columns that the file lacks; they become NULL. */
  missing: string[];
  /** Headers that the contract does not know, where the policy quarantines every row that has them. */
  unexpected: string[];
}

/** What holds for files of a contract that declares none. A stream's rows would lack columns that files add. */
export function filePolicyOf({ files, stream }: Contract): Pick<FilePolicy, 'extraColumns' | 'missingColumns'> {
  return files ?? { extraColumns: stream === undefined ? 'evolve' : 'ignore', missingColumns: 'null' };
}

/**
 * Matches headers by their spelling in the contract, its aliases and the table's own name; then the same without regard to case and
 * to spaces around them.
 *
 * Throws `bad_input`, saying what the file has and what it lacks, where a column that must be there is not, or where two columns of the
 * file would become one.
 */
export function resolveShape(contract: Contract, headers: readonly string[], where: string, others: Iterable<Contract> = []): Shape {
  const policy = filePolicyOf(contract);
  const known = spellings(contract);
  const columns: ShapedColumn[] = [];
  const unexpected: string[] = [];
  const taken = new Map<string, string>();
  for (const [at, header] of headers.entries()) {
    const found = known.exact.get(header) ?? known.loose.get(loose(header));
    const extra = found === undefined;
    const target = found ?? (policy.extraColumns === 'evolve' ? extraName(header, at) : undefined);
    if (extra && policy.extraColumns === 'quarantine') unexpected.push(header);
    if (target !== undefined) {
      const before = taken.get(target);
      if (before !== undefined) {
        throw new MillraceError('bad_input', `the header names the column ${target} twice: ${quoted(before)} and ${quoted(header)}`, {
          where, todo: 'Rename one of them, or leave it out of the export.',
        });
      }
      if (extra && (known.targets.has(target) || SYSTEM_COLUMNS.includes(target))) {
        throw new MillraceError('bad_input', `the header names a column ${quoted(header)}, but ${target} is a name of ours`, { where, todo: 'Rename the column in the export.' });
      }
      taken.set(target, header);
    }
    columns.push({ header, extra, ...(target === undefined ? {} : { target }) });
  }

  const missing = columnsOf(contract).filter(({ name }) => !taken.has(name));
  // A header of which nothing is known is no header, even where every column may be missing.
  const isForeign = columns.every(({ extra }) => extra);
  const fatal = missing.filter(({ column }) => isForeign || policy.missingColumns === 'refuse' || !column.nullable);
  if (fatal.length > 0) throw doesNotMatch(contract, headers, fatal.map(({ header }) => header), where, others);
  return { columns, missing: missing.map(({ name }) => name), unexpected };
}

/** The bronze column that a key or header means; undefined for one that the contract does not know. */
export function keyTargets(contract: Contract): (key: string) => string | undefined {
  const known = spellings(contract);
  return (key) => known.exact.get(key) ?? known.loose.get(loose(key));
}

/** How many of the headers the contract knows. */
function knownHeaders(contract: Contract, headers: readonly string[]): number {
  const targetOf = keyTargets(contract);
  return headers.filter((header) => targetOf(header) !== undefined).length;
}

function doesNotMatch(contract: Contract, headers: readonly string[], missing: readonly string[], where: string, others: Iterable<Contract>): MillraceError {
  const found = knownHeaders(contract, headers);
  const better = [...others].filter((other) => other.files !== undefined)
    .map((other) => ({ name: other.name, share: knownHeaders(other, headers) / Math.max(1, Object.keys(other.columns).length) }))
    .sort((a, b) => b.share - a.share)[0];
  const looksLike = better !== undefined && better.name !== contract.name && better.share >= 0.8
    ? `It looks like a file of ${better.name}.`
    : headers.length === 1 && Object.keys(contract.columns).length > 1
      ? 'It has a single column: is the delimiter right (`files.delimiter` in the contract)?'
      : found === 0 ? 'Does the file begin with a header?' : 'Mend the export, or the contract (`nullable`, `aliases`, `files.missingColumns`).';
  return new MillraceError('bad_input', `the header does not match ${contract.name}: ${list(missing)} ${missing.length === 1 ? 'is' : 'are'} missing; it has ${list(headers)}`, { where, todo: looksLike });
}

interface Spellings { exact: Map<string, string>; loose: Map<string, string>; targets: Set<string> }

function spellings(contract: Contract): Spellings {
  const exact = new Map<string, string>();
  const relaxed = new Map<string, string>();
  const columns = columnsOf(contract);
  for (const { header, name, column } of columns) {
    for (const spelling of [header, ...(column.aliases ?? [])]) exact.set(spelling, name);
  }
  for (const { header, name, column } of columns) {
    for (const spelling of [header, name, ...(column.aliases ?? [])]) if (!relaxed.has(loose(spelling))) relaxed.set(loose(spelling), name);
  }
  return { exact, loose: relaxed, targets: new Set(columns.map(({ name }) => name)) };
}

const loose = (header: string): string => header.trim().toLowerCase();

/** A header as a column name that every engine takes: a-z, 0-9 and _, at most 63 of them. */
export function extraName(header: string, at: number): string {
  const ascii = header.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const name = ascii.replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '').slice(0, 56);
  return name === '' ? `column_${at + 1}` : /^[0-9]/.test(name) ? `column_${name}` : name;
}

const quoted = (header: string): string => `"${header}"`;
const SHOWN = 12;
function list(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map((name) => (name === '' ? '""' : name)).join(', ');
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}
