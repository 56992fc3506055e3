// Visits the parts of a syntax tree.
import type { Expression, Query, Relation, TableRelation } from './tree.ts';

type Part = Readonly<Record<string, unknown>>;

/** Every object below a node (and the node), outermost first. A visitor that returns false is not led further down. */
export function visit(node: unknown, visitor: (part: Part) => boolean | void): void {
  if (Array.isArray(node)) {
    for (const item of node) visit(item, visitor);
  } else if (typeof node === 'object' && node !== null) {
    const part = node as Part;
    if ('line' in part && 'column' in part && 'start' in part) return;
    if (visitor(part) === false) return;
    for (const value of Object.values(part)) if (typeof value === 'object') visit(value, visitor);
  }
}

export const isQuery = (part: Part): part is Part & Query => 'body' in part && 'with' in part;
export const isExpression = (part: Part): part is Part & Expression => typeof part.kind === 'string' && !isRelation(part);
const isRelation = (part: Part): boolean => part.kind === 'table' || part.kind === 'unnest' || part.kind === 'join';
const isTable = (part: Part): part is Part & TableRelation => part.kind === 'table' && 'parts' in part;

/** Every table named in FROM or JOIN, at any depth, that is no common table in scope. In the order of the text. */
export function tablesOf(query: Query): TableRelation[] {
  const found: TableRelation[] = [];
  collect(query, new Set(), found);
  return found.sort((a, b) => a.nameAt.start - b.nameAt.start);
}

function collect(query: Query, outer: ReadonlySet<string>, found: TableRelation[]): void {
  const commonTables = new Set(outer);
  for (const { name, query: definition } of query.with) {
    collect(definition, commonTables, found);
    commonTables.add(name.text.toLowerCase());
  }
  visit([query.body, query.orderBy, query.limit, query.offset], (part) => {
    if (isQuery(part)) {
      collect(part, commonTables, found);
      return false;
    }
    if (isTable(part)) {
      const [first, ...more] = part.parts;
      if (more.length > 0 || !first || !commonTables.has(first.text.toLowerCase())) found.push(part);
      return false;
    }
    return true;
  });
}

/** Every relation of one FROM clause, joins taken apart, left to right. */
export function leaves(relation: Relation): Exclude<Relation, { kind: 'join' }>[] {
  return relation.kind === 'join' ? [...leaves(relation.left), ...leaves(relation.right)] : [relation];
}
