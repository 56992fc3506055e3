// The syntax tree of what we read of Athena's SQL: one SELECT, and the INSERT that wraps one.
import type { Span } from './tokens.ts';

/** An identifier. Names are compared without regard to case, quoted or not, as Trino does. */
export interface Name { text: string; at: Span }

/** A type as written: `decimal(18, 4)`, `array(varchar)`, `timestamp(6) with time zone`. */
export interface TypeName { name: string; args: readonly (number | TypeName)[]; withTimeZone: boolean; at: Span }

interface Node { at: Span }
export interface Column extends Node { kind: 'column'; parts: readonly Name[] }
export interface Literal extends Node {
  kind: 'literal';
  type: 'null' | 'boolean' | 'integer' | 'decimal' | 'double' | 'string' | 'binary';
  text: string;
}
/** `DATE '2026-01-01'`, `DECIMAL '1.50'`, `BIGINT '7'`. */
export interface TypedLiteral extends Node { kind: 'typed'; type: string; text: string }
/** `INTERVAL '3' DAY`; `INTERVAL '1-2' YEAR TO MONTH` has `to`. */
export interface IntervalLiteral extends Node { kind: 'interval'; negative: boolean; text: string; unit: string; to?: string }
export interface Parameter extends Node { kind: 'parameter'; name: string }
export interface Unary extends Node { kind: 'unary'; operator: '-' | '+' | 'NOT'; operand: Expression }
export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '||' | '=' | '<>' | '<' | '<=' | '>' | '>=' | 'AND' | 'OR';
export interface Binary extends Node { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
export interface Between extends Node { kind: 'between'; negated: boolean; value: Expression; low: Expression; high: Expression }
export interface InList extends Node { kind: 'in'; negated: boolean; value: Expression; list: readonly Expression[] }
export interface InQuery extends Node { kind: 'inQuery'; negated: boolean; value: Expression; query: Query }
export interface Like extends Node { kind: 'like'; negated: boolean; value: Expression; pattern: Expression; escape?: Expression }
export interface IsNull extends Node { kind: 'isNull'; negated: boolean; value: Expression }
export interface IsDistinct extends Node { kind: 'isDistinct'; negated: boolean; left: Expression; right: Expression }
export interface Exists extends Node { kind: 'exists'; query: Query }
export interface Case extends Node {
  kind: 'case';
  operand?: Expression;
  branches: readonly { when: Expression; result: Expression }[];
  otherwise?: Expression;
}
export interface Cast extends Node { kind: 'cast'; value: Expression; type: TypeName; safe: boolean }
export interface Extract extends Node { kind: 'extract'; field: string; value: Expression }
export interface AtTimeZone extends Node { kind: 'atTimeZone'; value: Expression; zone: Expression }
export interface ScalarQuery extends Node { kind: 'scalar'; query: Query }
export interface ArrayConstructor extends Node { kind: 'array'; items: readonly Expression[] }
export interface Row extends Node { kind: 'row'; items: readonly Expression[] }
export interface Subscript extends Node { kind: 'subscript'; value: Expression; index: Expression }
export interface Lambda extends Node { kind: 'lambda'; parameters: readonly Name[]; body: Expression }

export interface SortItem { value: Expression; descending: boolean; nulls?: 'FIRST' | 'LAST'; at: Span }
export type FrameBound =
  | { kind: 'unbounded preceding' | 'unbounded following' | 'current row' }
  | { kind: 'preceding' | 'following'; offset: Expression };
export interface Frame { unit: 'ROWS' | 'RANGE' | 'GROUPS'; from: FrameBound; to?: FrameBound; at: Span }
export interface Window { name?: Name; partitionBy: readonly Expression[]; orderBy: readonly SortItem[]; frame?: Frame; at: Span }

export interface Call extends Node {
  kind: 'call';
  /** In lower case. */
  name: string;
  nameAt: Span;
  args: readonly Expression[];
  /** `count(*)` */
  star: boolean;
  distinct: boolean;
  /** Inside the parentheses, or WITHIN GROUP. */
  orderBy: readonly SortItem[];
  filter?: Expression;
  nulls?: 'IGNORE' | 'RESPECT';
  over?: Window;
  /** `current_date` and its like, written without parentheses. */
  bare: boolean;
}

export type Expression =
  | Column | Literal | TypedLiteral | IntervalLiteral | Parameter | Unary | Binary | Between | InList | InQuery | Like | IsNull
  | IsDistinct | Exists | Case | Cast | Extract | AtTimeZone | ScalarQuery | ArrayConstructor | Row | Subscript | Lambda | Call;

/** A table in FROM, as written: `silver.orders FOR VERSION AS OF 12`. */
export interface TableRelation {
  kind: 'table';
  parts: readonly Name[];
  travel?: { by: 'version' | 'timestamp'; value: Expression };
  alias?: Name;
  columns?: readonly Name[];
  /** From the first part of the name to the end of the time travel, without the alias. */
  nameAt: Span;
  at: Span;
}
export interface QueryRelation { kind: 'query'; query: Query; alias?: Name; columns?: readonly Name[]; at: Span }
export interface UnnestRelation {
  kind: 'unnest';
  values: readonly Expression[];
  ordinality: boolean;
  alias?: Name;
  columns?: readonly Name[];
  at: Span;
}
export type JoinType = 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS';
export interface JoinRelation {
  kind: 'join';
  type: JoinType;
  left: Relation;
  right: Relation;
  on?: Expression;
  using?: readonly Name[];
  at: Span;
}
export type Relation = TableRelation | QueryRelation | UnnestRelation | JoinRelation;

export type SelectItem =
  | { kind: 'all'; table?: Name; at: Span }
  | { kind: 'value'; value: Expression; alias?: Name; at: Span };

export type GroupingElement =
  | { kind: 'value'; value: Expression }
  | { kind: 'sets'; type: 'ROLLUP' | 'CUBE' | 'GROUPING SETS'; sets: readonly (readonly Expression[])[]; at: Span };

export interface Select {
  kind: 'select';
  distinct: boolean;
  items: readonly SelectItem[];
  from?: Relation;
  where?: Expression;
  groupBy: readonly GroupingElement[];
  having?: Expression;
  windows: readonly { name: Name; window: Window }[];
  at: Span;
}
export interface SetOperation { kind: 'set'; operator: 'UNION' | 'INTERSECT' | 'EXCEPT'; all: boolean; left: Body; right: Body; at: Span }
export interface Values { kind: 'values'; rows: readonly (readonly Expression[])[]; at: Span }
export interface Nested { kind: 'nested'; query: Query; at: Span }
export type Body = Select | SetOperation | Values | Nested;

export interface CommonTable { name: Name; columns?: readonly Name[]; query: Query }
export interface Query {
  with: readonly CommonTable[];
  body: Body;
  orderBy: readonly SortItem[];
  offset?: Expression;
  limit?: Expression;
  at: Span;
}
