// Partitioning and sorting as a header writes them: `month(purchase_date)`, `bucket(16, user_id)`, `price desc`.
import type { SortField, Transform } from '../../lake/index.ts';

export interface PartitionTerm { transform: Transform; column: string }
export interface SortTerm { column: string; direction: SortField['direction']; nullOrder: SortField['null-order'] }

const PLAIN = /^[a-z_][a-z0-9_]*$/;
const CALL = /^(?<transform>year|month|day|hour)\(\s*(?<column>[a-z_][a-z0-9_]*)\s*\)$/;
const SIZED = /^(?<transform>bucket|truncate)\(\s*(?<size>[1-9][0-9]*)\s*,\s*(?<column>[a-z_][a-z0-9_]*)\s*\)$/;
const SORTED = /^(?<column>[a-z_][a-z0-9_]*)(?:\s+(?<direction>asc|desc))?(?:\s+nulls\s+(?<nulls>first|last))?$/;

/** The terms of one or several texts, apart at the commas outside parentheses: YAML takes `[bucket(4, id)]` for two texts. */
export function splitTerms(texts: readonly string[]): string[] {
  return texts.join(',').split(/,(?![^(]*\))/).map((term) => term.trim()).filter((term) => term !== '');
}

/** undefined where the text is no partition term. */
export function parsePartitionTerm(text: string): PartitionTerm | undefined {
  const lower = text.trim().toLowerCase();
  if (PLAIN.test(lower)) return { transform: 'identity', column: lower };
  const call = CALL.exec(lower)?.groups;
  if (call !== undefined) return { transform: call['transform'] as Transform, column: call['column'] ?? '' };
  const sized = SIZED.exec(lower)?.groups;
  if (sized !== undefined) return { transform: `${sized['transform']}[${sized['size']}]` as Transform, column: sized['column'] ?? '' };
  return undefined;
}

/** Ascending with NULLs first unless it says otherwise, as in Iceberg; undefined where the text is no sort term. */
export function parseSortTerm(text: string): SortTerm | undefined {
  const groups = SORTED.exec(text.trim().toLowerCase())?.groups;
  if (groups === undefined) return undefined;
  const direction = groups['direction'] === 'desc' ? 'desc' : 'asc';
  const nulls = groups['nulls'] ?? (direction === 'asc' ? 'first' : 'last');
  return { column: groups['column'] ?? '', direction, nullOrder: nulls === 'first' ? 'nulls-first' : 'nulls-last' };
}
