// The header of a model: what the keys are, and what is wrong with one.
import { readAuditUses } from '../audits/uses.ts';
import type { AuditDefinition } from '../audits/definition.ts';
import { MODEL_KINDS, TIME_GRAINS, type Model } from '../types.ts';
import { readHeader, type HeaderMap } from './header-yaml.ts';
import { parsePartitionTerm, parseSortTerm, splitTerms } from './partitioning.ts';
import type { Problems } from './problem.ts';

const HEADER_KEYS = [
  'description', 'owner', 'kind', 'key', 'partition_by', 'sort_by', 'time', 'lookback', 'changes', 'audits', 'columns', 'accounts', 'pii',
] as const;

/** What the header alone says of a model. */
export type ModelHeader = Omit<Model, 'sql' | 'relations' | 'reads'>;

/** Where a header is wrong about columns, found later: the line of each key. */
export type HeaderLines = (key: string, within?: string) => number;

/** Reads the header of the model `name`; undefined where there is none that can be read. */
export function readModelHeader(
  file: string, name: string, sql: string, audits: ReadonlyMap<string, AuditDefinition>, problems: Problems,
): { header: ModelHeader; lines: HeaderLines } | undefined {
  const map = readHeader(file, sql, problems);
  if (map === undefined) return undefined;
  map.refuseOthers(HEADER_KEYS, 'the header');
  const time = readTime(map);
  const header: ModelHeader = {
    name,
    layer: name.slice(0, name.indexOf('.')),
    file,
    description: map.required('description', 'say what one row is, in a sentence: description: One row an order …'),
    owner: map.required('owner', 'name who answers for the table: owner: …'),
    kind: map.oneOf('kind', MODEL_KINDS, 'full'),
    key: map.texts('key'),
    partitionBy: splitTerms(map.texts('partition_by')),
    sortBy: splitTerms(map.texts('sort_by')),
    ...(time === undefined ? {} : { time }),
    lookback: map.count('lookback', 0),
    changes: readChanges(map),
    audits: readAuditUses(map, audits),
    columns: map.textMap('columns'),
    accounts: map.textMap('accounts'),
    pii: map.texts('pii'),
  };
  checkTogether(header, map);
  const lines: HeaderLines = (key, within) => (within !== undefined && map.child(key)?.has(within) ? (map.child(key)?.line(within) ?? 1) : map.line(key));
  return { header, lines };
}

function readTime(map: HeaderMap): Model['time'] {
  const time = map.child('time');
  if (time === undefined) return undefined;
  time.refuseOthers(['column', 'grain'], 'time');
  const column = time.required('column', 'name the column that tells when a row belongs: time: { column: order_date, grain: day }');
  return { column, grain: time.oneOf('grain', TIME_GRAINS, 'day') };
}

function readChanges(map: HeaderMap): Model['changes'] {
  const changes = map.child('changes');
  if (changes === undefined) return {};
  return Object.fromEntries(changes.keys.map((table) => {
    const columns = changes.texts(table);
    return [table, columns.length === 1 && columns[0] === 'ignore' ? 'ignore' as const : columns];
  }));
}

function checkTogether(header: ModelHeader, map: HeaderMap): void {
  const { kind, key, time, partitionBy, sortBy, changes } = header;
  if (kind === 'merge' && key.length === 0) map.problem('kind', 'a merge needs a key', 'name the columns that identify a row: key: …');
  if (kind === 'partitions' && partitionBy.length === 0) {
    map.problem('kind', 'kind partitions needs partitions', 'say how the table is partitioned: partition_by: month(order_date)');
  }
  if (time !== undefined && (kind === 'full' || kind === 'merge')) {
    map.problem('time', `kind ${kind} is not computed by time`, 'take time away, or use kind append or partitions');
  }
  if (map.has('lookback') && time === undefined) map.problem('lookback', 'lookback counts grains of time, and there is no time', 'add time: { column, grain }');
  if (kind === 'append' && time === undefined) {
    map.problem('kind', 'an append needs time, so that late rows find their place', 'add time: { column: …, grain: day }');
  }
  if (kind === 'full' && Object.keys(changes).length > 0) map.problem('changes', 'kind full always computes everything', 'take changes away, or use another kind');
  for (const [table, columns] of Object.entries(changes)) {
    if (columns === 'ignore') continue;
    const fits = kind === 'merge' ? columns.length >= 1 && columns.length <= key.length : columns.length === 1;
    if (!fits) map.problem('changes', `changes of ${table} name ${columns.length} columns, and ${kind === 'merge' ? `the key has ${key.length}` : 'time is one'}`);
    const other = Object.entries(changes).find(([, each]) => each !== 'ignore' && each.length !== columns.length);
    if (kind === 'merge' && other !== undefined && other[0] > table) {
      map.problem('changes', `changes of ${table} name ${columns.length} columns of the key, those of ${other[0]} ${other[1].length}`, 'name as many for each: they are the first of the key');
    }
  }
  for (const term of partitionBy) {
    if (parsePartitionTerm(term) === undefined) {
      map.problem('partition_by', `'${term}' is no partitioning`, 'use a column, year(c), month(c), day(c), hour(c), bucket(n, c) or truncate(n, c)');
    }
  }
  for (const term of sortBy) {
    if (parseSortTerm(term) === undefined) map.problem('sort_by', `'${term}' is no sort order`, 'use a column, and asc or desc, and nulls first or last');
  }
}
