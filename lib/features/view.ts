// A feature view, compiled and checked: each feature as a series of tiles that a reducer keeps, or a ratio of two others.
import { createHash } from 'node:crypto';
import { MillraceError } from '../base/index.ts';
import { columnsRead, compareText, compileRule, parseRule, RuleError, type Evaluate, type RuleNode, type RuleType } from '../contracts/index.ts';
import type { BestOrder, BestValue } from './reduce/best.ts';
import type { CompiledSource, EventRow } from './source.ts';
import type { Aggregate, AggregateOptions, FeatureType, ViewDefinition } from './types.ts';
import { parseSpan, windowOf, type Window } from './windows.ts';

type SeriesKind = Exclude<Aggregate['kind'], 'ratio'>;

/** What a reducer keeps for one or more features. */
export interface Series {
  /** Made from what it computes, so that it stays the same when features are renamed, reordered or added. */
  id: string;
  kind: SeriesKind;
  window: Window | undefined;
  where: ((row: EventRow) => boolean | null) | undefined;
  whereSql: string | undefined;
  /** The value that is aggregated; a count has none. */
  value: Evaluate<EventRow> | undefined;
  valueSql: string | undefined;
  valueType: RuleType;
  /** Of min, max, first and last: what is better, and how much is kept. */
  order: BestOrder;
  /** The first or last time of an event itself. */
  isTime: boolean;
}

export interface CompiledFeature {
  name: string;
  type: FeatureType;
  description: string | undefined;
  aggregate: Aggregate;
  /** The series, or the two features that it is a ratio of. */
  from: { series: number } | { ratio: readonly [string, string] };
}

export interface CompiledView {
  name: string;
  file: string;
  description: string | undefined;
  source: CompiledSource;
  /** Column names of the entity, and where they are in a row. */
  entity: readonly string[];
  entityAt: readonly number[];
  time: string;
  spread: number;
  /** The entity is the stream's partition key: all its events come through one shard, in order. */
  isPartitionKey: boolean;
  series: readonly Series[];
  seriesIds: ReadonlySet<string>;
  /** Ratios come behind what they are made from. */
  features: readonly CompiledFeature[];
  /** The longest window; undefined where a feature has none. */
  longest: Window | undefined;
}

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/** @throws MillraceError `bad_input` naming the feature, what is wrong with it, and the place in its condition. */
export function compileView(definition: ViewDefinition, sources: ReadonlyMap<string, CompiledSource>, file: string): CompiledView {
  const { name, options, features } = definition;
  const refuse = (what: string, message: string, todo: string): never => {
    throw new MillraceError('bad_input', `${what}: ${message}`, { where: file, todo });
  };
  const view = `feature view ${name}`;
  if (!NAME.test(name)) refuse(view, 'the name is not in snake_case', 'Write lower-case letters, digits and _; it starts with a letter and has at most 63 characters.');
  const source = sources.get(options.from) ?? refuse(view, `there is no feature source ${options.from}`, `Sources are: ${[...sources.keys()].join(', ') || 'none'}; declare one with featureSource().`);
  const known = `Columns of ${source.name} are: ${[...source.columns.keys()].join(', ')}.`;
  const entity = typeof options.entity === 'string' ? [options.entity] : [...options.entity];
  if (entity.length === 0 || new Set(entity).size < entity.length) refuse(view, 'the entity is one column, or several different ones', known);
  const entityAt = entity.map((column) => {
    const found = source.columns.get(column) ?? refuse(view, `the entity ${column} is no column of the source`, known);
    if (found.type.is !== 'text') refuse(view, `the entity ${column} is no id or text`, known);
    return found.at;
  });
  const time = source.columns.get(options.time) ?? refuse(view, `the time ${options.time} is no column of the source`, known);
  if (time.at !== source.timeAt) {
    refuse(view, `${options.time} is not when the event happened`, `Take the column that is ${source.timeColumn} in the contract ${source.contract.name}.`);
  }
  const spread = options.spread ?? 1;
  if (!Number.isInteger(spread) || spread < 1 || spread > 16) refuse(view, `spread is ${spread}`, 'Spread over 1 to 16 items.');
  if (Object.keys(features).length === 0) refuse(view, 'it has no features', 'Declare at least one.');
  for (const column of Object.keys(features).filter((feature) => entity.includes(feature) || feature === 'at_time')) {
    refuse(`feature ${name}.${column}`, 'the name is taken: the entity\'s columns and at_time stand beside the features', 'Rename the feature.');
  }

  const types: ReadonlyMap<string, RuleType> = new Map([...source.columns.values()].map((column) => [column.name, column.type]));
  const series: Series[] = [];
  const seriesOf = (feature: string, aggregate: Exclude<Aggregate, { kind: 'ratio' }>): { series: number; type: FeatureType } => {
    const what = `feature ${name}.${feature}`;
    const read = (sql: string, wrap: (text: string) => string, label: string): RuleNode => {
      try {
        return parseRule(wrap(sql), types);
      } catch (error) {
        if (!(error instanceof RuleError)) throw error;
        return refuse(what, `${label} "${sql}" is wrong: ${error.message}`, known);
      }
    };
    const { within, where } = aggregate as AggregateOptions;
    if (within !== undefined && parseSpan(within) === undefined) refuse(what, `within: '${String(within)}' is no span of time`, "Write for example '30m', '12h' or '7d'; the shortest is 5 minutes.");
    const condition = where === undefined ? undefined : read(where, (sql) => sql, 'where');
    let value: RuleNode | undefined;
    if (aggregate.kind !== 'count') {
      if (typeof aggregate.of !== 'string' || aggregate.of.trim() === '') refuse(what, `${aggregate.kind} needs a column`, known);
      // A rule is a condition; the value is what it asks about.
      const node = read(aggregate.of, (sql) => `(${sql}) IS NULL`, aggregate.kind);
      value = node.node === 'is_null' ? node.of : refuse(what, `${aggregate.of} is no value`, known);
      checkType(aggregate.kind, value.type, (message) => refuse(what, message, known));
    }
    const window = windowOf(within);
    const valueSql = aggregate.kind === 'count' ? undefined : aggregate.of;
    const id = createHash('sha256').update(JSON.stringify([source.name, aggregate.kind, valueSql, where, within])).digest('base64url').slice(0, 6);
    let at = series.findIndex((one) => one.id === id);
    if (at < 0) {
      const column = (of: string) => source.columns.get(of)!.read;
      const valueType: RuleType = value?.type ?? { is: 'null' };
      at = series.push({
        id, kind: aggregate.kind, window,
        where: condition === undefined ? undefined : compileRule(condition, column), whereSql: where,
        value: value === undefined ? undefined : valueReader(value, column), valueSql, valueType,
        order: orderOf(aggregate.kind, valueType, source.duplicates === 'key'),
        isTime: (aggregate.kind === 'first' || aggregate.kind === 'last') && value?.node === 'column' && value.name === options.time,
      }) - 1;
    }
    return { series: at, type: typeOf(aggregate.kind, series[at]!.valueType) };
  };

  const compiled: CompiledFeature[] = [];
  for (const [feature, aggregate] of Object.entries(features)) {
    if (!NAME.test(feature)) refuse(`feature ${name}.${feature}`, 'the name is not in snake_case', 'Write lower-case letters, digits and _; it starts with a letter.');
    if (aggregate.kind === 'ratio') continue;
    const { series: at, type } = seriesOf(feature, aggregate);
    compiled.push({ name: feature, type, description: aggregate.description, aggregate, from: { series: at } });
  }
  for (const feature of ratiosInOrder(features, (feature, message, todo) => refuse(`feature ${name}.${feature}`, message, todo))) {
    const aggregate = features[feature] as Aggregate & { kind: 'ratio' };
    for (const part of aggregate.of) {
      const { type } = compiled.find((one) => one.name === part)!;
      if (type !== 'bigint' && type !== 'double' && !type.startsWith('decimal')) refuse(`feature ${name}.${feature}`, `${part} is no number, so there is no ratio of it`, 'Divide counts, sums and other numbers.');
    }
    compiled.push({ name: feature, type: 'double', description: aggregate.description, aggregate, from: { ratio: aggregate.of } });
  }
  return {
    name, file, description: options.description, source, entity, entityAt, time: options.time, spread, series, seriesIds: new Set(series.map(({ id }) => id)),
    isPartitionKey: entityAt.length === 1 && entityAt[0] === source.partitionAt,
    features: compiled,
    longest: longestOf(series),
  };
}

/** The window that reaches back farthest; undefined where one of them has no beginning. */
export function longestOf(series: readonly Series[]): Window | undefined {
  const windows = series.map(({ window }) => window);
  return windows.includes(undefined) ? undefined : (windows as Window[]).reduce((a, b) => (a.span + a.hop >= b.span + b.hop ? a : b));
}

/** Ratios, those first that others are made from. */
function ratiosInOrder(features: ViewDefinition['features'], refuse: (feature: string, message: string, todo: string) => never): string[] {
  const order: string[] = [];
  const visit = (name: string, path: readonly string[]) => {
    const feature = features[name];
    if (path.includes(name)) refuse(name, `it is made from itself: ${[...path.slice(path.indexOf(name)), name].join(' ← ')}`, 'Take one of them out of the ring.');
    if (feature === undefined) return refuse(path.at(-1)!, `there is no feature ${name} in the view`, `Features are: ${Object.keys(features).join(', ')}.`);
    if (feature.kind !== 'ratio' || order.includes(name)) return;
    if (!Array.isArray(feature.of) || feature.of.length !== 2) refuse(name, 'a ratio needs two features', "Write ratio('numerator', 'denominator').");
    for (const part of feature.of) visit(part, [...path, name]);
    order.push(name);
  };
  for (const name of Object.keys(features)) visit(name, []);
  return order;
}

function checkType(kind: SeriesKind, type: RuleType, refuse: (message: string) => never): void {
  if (type.is === 'null') refuse('the value is always NULL');
  if (kind === 'sum' && type.is !== 'number') refuse(`a sum needs a number, and this is a ${type.is === 'timestamp' ? 'time' : type.is}`);
  if ((kind === 'min' || kind === 'max') && type.is === 'boolean') refuse(`${kind} of true and false means nothing; count them with where`);
  if (kind === 'distinct' && type.is === 'boolean') refuse('there are only two of true and false; count them with where');
}

function typeOf(kind: SeriesKind, type: RuleType): FeatureType {
  if (kind === 'count' || kind === 'distinct') return 'bigint';
  switch (type.is) {
    case 'number':
      return type.scale === 0 ? 'bigint' : `decimal(38,${type.scale})`;
    case 'boolean':
    case 'date':
      return type.is;
    case 'timestamp':
      return 'timestamp(6)';
    default:
      return 'varchar';
  }
}

/** Purchases that are sent again with another status are common; an event whose id comes again with an earlier time is an accident. */
const RUNNERS_UP = { replaced: 16, rarely: 6 };
/** Of what is last, the newest tile decides; some more for events that are taken back. */
const TILES_OF_LAST = 4;

function orderOf(kind: SeriesKind, type: RuleType, replaces: boolean): BestOrder {
  const values = valueOrder(type);
  const kept = { runnersUp: replaces ? RUNNERS_UP.replaced : RUNNERS_UP.rarely, tiles: kind === 'last' ? TILES_OF_LAST : Number.POSITIVE_INFINITY };
  switch (kind) {
    case 'min':
      return { ...kept, compare: (a, _a, b) => values(a, b) };
    case 'max':
      return { ...kept, compare: (a, _a, b) => values(b, a) };
    case 'first':
      return { ...kept, compare: (a, aTime, b, bTime) => aTime - bTime || values(b, a) };
    default:
      return { ...kept, compare: (a, aTime, b, bTime) => bTime - aTime || values(b, a) };
  }
}

/** The order of typed values, as SQL has it. Numbers are whole numbers as text. */
function valueOrder(type: RuleType): (a: BestValue, b: BestValue) => number {
  if (type.is === 'number') {
    return (a, b) => {
      const [x, y] = [BigInt(a), BigInt(b)];
      return x < y ? -1 : x > y ? 1 : 0;
    };
  }
  return (a, b) => (typeof a === 'boolean' || typeof b === 'boolean' ? Number(a) - Number(b) : compareText(a, b));
}

/** compileRule takes any expression; its type says condition, because rules are. */
function valueReader(node: RuleNode, column: (name: string) => Evaluate<EventRow>): Evaluate<EventRow> {
  const [only] = columnsRead(node);
  return node.node === 'column' && only !== undefined ? column(only) : compileRule(node, column) as Evaluate<EventRow>;
}
