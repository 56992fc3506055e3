// What the compiler of one query knows and collects while it goes through the tree.
import { MillraceError } from '../../../base/index.ts';
import type { Complaint } from '../functions/rows.ts';
import type { SchemaProvider } from '../schema.ts';
import { excerpt, place, type Span } from '../syntax/tokens.ts';
import type { Expression, Query, Window } from '../syntax/tree.ts';
import type { TableReference } from '../tables.ts';
import { NOWHERE, type Origin, type Typed } from '../types/expression.ts';
import type { SqlType } from '../types/types.ts';

export interface CompileOptions {
  /** Columns and Athena types of the tables that the query reads. */
  columns: SchemaProvider;
  /** DuckDB's text for a table: `read_parquet([…])`, a view's name, a SELECT in parentheses. Default: the table's quoted name. */
  relation?: (table: TableReference) => string;
  /** Named in errors. */
  file?: string;
  /** Types of parameters that are not bound yet, by name. Default: those of every run (`as_of`, `from`, `to`: date, `shop_…`: varchar). */
  parameterTypes?: Readonly<Record<string, SqlType>>;
}

/** A column that can be named in an expression. */
export interface ScopeColumn {
  name: string;
  type: SqlType;
  /** How it is written in DuckDB: `orders_1."order_id"`. */
  sql: string;
  from: ReadonlySet<Origin>;
  /** Left out of `*`, as `$path` is. */
  hidden?: boolean;
  /** Of a column that both sides of USING have: it is known by its bare name only. */
  unqualified?: boolean;
}

/** One table of a FROM clause. */
export interface ScopeRelation {
  /** The names by which its columns may be qualified: `o`, or `silver` and `orders`. */
  names: readonly string[];
  columns: readonly ScopeColumn[];
  /** `table<TAB>*` of the tables whose rows it counts. */
  rows: ReadonlySet<Origin>;
}

export interface CommonTableColumns {
  /** Its name in DuckDB. */
  name: string;
  columns: readonly OutputColumn[];
  rows: ReadonlySet<Origin>;
}

/** Names that an expression may use. */
export interface Scope {
  relations: readonly ScopeRelation[];
  /** Bare names that come first: the output columns in ORDER BY, and those of USING. */
  names: ReadonlyMap<string, Typed>;
  outer?: Scope;
  commonTables: ReadonlyMap<string, CommonTableColumns>;
  windows: ReadonlyMap<string, Window>;
  /** In a query with groups: the text of what is grouped by, and the columns that were used outside of aggregates. */
  groups?: { texts: ReadonlySet<string>; loose: { text: string; at: Span }[]; inAggregate: boolean };
}

export class Context {
  readonly sql: string;
  readonly options: CompileOptions;
  /** All columns of base tables that the query uses anywhere. */
  readonly used = new Set<Origin>();
  private counter = 0;

  constructor(sql: string, options: CompileOptions) {
    this.sql = sql;
    this.options = options;
  }

  /** A name for DuckDB that nothing else in the query has. */
  alias(base: string): string {
    this.counter++;
    return `"${base.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')}_${this.counter}"`;
  }

  /** An error that points at its place. */
  fail(at: Span, message: string, todo?: string): never {
    const where = place(at, this.options.file);
    const details = { where, ...(todo !== undefined && { todo }) };
    throw new MillraceError('bad_input', `${message}, at line ${at.line}, column ${at.column}\n${excerpt(this.sql, at)}`, details);
  }

  /** A table that is not there. */
  missing(at: Span, message: string): never {
    const text = `${message}, at line ${at.line}, column ${at.column}\n${excerpt(this.sql, at)}`;
    throw new MillraceError('not_found', text, { where: place(at, this.options.file), todo: 'millrace tables lists what there is' });
  }

  /** What is right in Athena but not allowed here. */
  refuse(at: Span, message: string, todo = 'docs/sql.md lists what is allowed'): never {
    const text = `${message}, at line ${at.line}, column ${at.column}\n${excerpt(this.sql, at)}`;
    throw new MillraceError('unsupported', text, { where: place(at, this.options.file), todo });
  }

  complain(at: Span, { complaint, todo }: Complaint): never {
    this.refuse(at, complaint, todo);
  }

  /** The result of a translation, at the place of the expression it came from. */
  take(at: Span, result: { sql: string; type: SqlType } | Complaint, from: ReadonlySet<Origin> = NOWHERE, source?: Expression): Typed {
    if ('complaint' in result) this.complain(at, result);
    return { ...result, from, ...(source && { source }) };
  }
}

export interface OutputColumn { name: string; type: SqlType; from: ReadonlySet<Origin> }
/** A query in DuckDB's words, and what comes out of it. */
export interface Compiled { sql: string; columns: readonly OutputColumn[]; rows: ReadonlySet<Origin> }
export type CommonTables = ReadonlyMap<string, CommonTableColumns>;

/** Queries hold expressions and expressions hold queries: each is reached through here. */
export interface Compiler {
  context: Context;
  expression: (scope: Scope, node: Expression) => Typed;
  /** A query with the common tables it may read, and the names around it that it may use. */
  query: (query: Query, commonTables: CommonTables, outer?: Scope) => Compiled;
}

export function scopeOf(relations: readonly ScopeRelation[], commonTables: CommonTables, outer?: Scope): Scope {
  return { relations, names: new Map(), commonTables, windows: new Map(), ...(outer && { outer }) };
}
