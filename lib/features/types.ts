// What a feature is: declared once, computed by SQL over the lake and by a reducer over the stream.

/** `5m`, `12h`, `7d`: a number and minutes, hours or days. */
export type Span = `${number}${'m' | 'h' | 'd'}`;

export interface AggregateOptions {
  /** Only events for which this holds: a condition in the SQL subset of contracts' rules, over the source's columns. */
  where?: string;
  /** How far back the window reaches; without it, the whole life of the entity. */
  within?: Span;
  description?: string;
}

/** How a feature is computed from an entity's events. `of` is a column or an expression in the rules' SQL subset. */
export type Aggregate =
  | ({ kind: 'count' } & AggregateOptions)
  | ({ kind: 'sum' | 'min' | 'max' | 'first' | 'last' | 'distinct'; of: string } & AggregateOptions)
  | { kind: 'ratio'; of: readonly [string, string]; description?: string };

/** A feature of a view, as predictors name it: `visitor.views_7d`. */
export interface Feature { readonly view: string; readonly name: string; readonly aggregate: Aggregate }

export interface ViewOptions {
  /** Name of the feature source. */
  from: string;
  /** The column, or columns, whose value is the entity. */
  entity: string | readonly string[];
  /** The column that says when it happened. */
  time: string;
  description?: string;
  /**
   * Over how many items a hot entity's state is spread, so that writers of different shards do not meet. Default 1. They are merged
   * when read.
   */
  spread?: number;
}

/** What a view says, without its features' shortcuts. */
export interface ViewDefinition { readonly name: string; readonly options: ViewOptions; readonly features: Readonly<Record<string, Aggregate>> }

/** Where a view finds its definition: features may have any name, so it stands under a symbol. */
export const DEFINITION: unique symbol = Symbol('millrace.featureView');

/** A view: each feature by its name. */
export type FeatureView<Names extends string = string> = { readonly [Name in Names]: Feature } & { readonly [DEFINITION]: ViewDefinition };

export interface SourceOptions {
  /** The contract whose events these are. Default: the source's name. */
  contract?: string;
  /** The table that has these events offline, without duplicates. Default `silver.<name>`. */
  table?: string;
  /** Which rows of the table count, in SQL. Default all. */
  where?: string;
  /** Columns of the table by name, each with the contract's column that it is. */
  columns: Readonly<Record<string, string>>;
  /**
   * An event of another id, all of whose other columns equal an earlier one's, does not count if the one before it arrived no longer ago than
   * this. What happens to an event whose id comes again is the contract's `duplicates`.
   */
  sameContentWithin?: Span;
}

/** A stream of events that features are made of. */
export interface FeatureSource { readonly kind: 'feature source'; readonly name: string; readonly options: SourceOptions }

/** Athena's name of a feature's type. */
export type FeatureType = 'bigint' | 'double' | 'varchar' | 'boolean' | 'date' | 'timestamp(6)' | `decimal(38,${number})`;

/**
 * A feature's value: numbers for bigint and double, decimal digits as text, times as `2018-01-31 08:00:00.000000` (UTC); NULL where
 * there is nothing to tell.
 */
export type FeatureValue = number | string | boolean | null;

/** Features of one entity by name. */
export type FeatureValues = Readonly<Record<string, FeatureValue>>;
