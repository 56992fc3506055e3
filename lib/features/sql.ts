// The features of a view as SQL in Athena's dialect: of all entities at one time, or of given entities each at its own time.
import { longestOf, type CompiledFeature, type CompiledView, type Series } from './view.ts';
import { firstTile, HOUR, textOfTime, type Window } from './windows.ts';
import { MOST_DISTINCT } from './reduce/distinct.ts';

/** Names inside the generated SQL; nobody sees them. */
const EVENT = 'e';
const POINT = 'p';

export interface SqlOptions {
  /** A relation in place of the source's table: a name, or a SELECT in parentheses. The source's own condition does not apply to it. */
  relation?: string;
  /** Gives these features alone, and what they are ratios of: no event is read that only others ask for. Default: all of the view. */
  only?: readonly string[];
}

/**
 * One row for each entity that has an event in the longest window before `at` (milliseconds since 1970): the entity's columns, then the
 * features. An entity that is not listed has counts of 0 and values of NULL.
 */
export function featuresAtSql(whole: CompiledView, at: number, options: SqlOptions = {}): string {
  const view = narrowed(whole, options.only);
  const now = at * 1000;
  const start = (window: Window) => timestamp(firstTile(window, now) * window.hop);
  const from = view.longest === undefined ? '' : ` AND ${EVENT}."t" >= ${start(view.longest)}`;
  const keys = view.entity.map((column, index) => `${EVENT}."k${index}" AS ${quoted(column)}`);
  const inner = `SELECT ${[...keys, ...aggregates(view, start)].join(', ')} FROM (${events(view, options, `${quoted(view.time)} < ${timestamp(now)}`)}) AS ${EVENT} `
    + `WHERE ${EVENT}."t" < ${timestamp(now)}${from} GROUP BY ${view.entity.map((_, index) => `${EVENT}."k${index}"`).join(', ')}`;
  return `SELECT ${[...view.entity.map(quoted), ...outputs(view)].join(', ')} FROM (${inner}) AS a`;
}

/**
 * One row for each point: the entity's columns, `at_time`, and the features as they stood then, of events strictly before it. `points` is a
 * SELECT, or the name of a table, with the entity's columns and `at_time` (timestamp); a point that is given twice comes once.
 */
export function featuresOfPointsSql(whole: CompiledView, points: string, options: SqlOptions = {}): string {
  const view = narrowed(whole, options.only);
  const windows = windowsOf(view);
  const nameOf = (window: Window) => `${POINT}."from_${windows.findIndex((one) => one.span === window.span)}"`;
  const starts = windows.map((window, index) => `${startSql(window, 'g."at_time"')} AS "from_${index}"`);
  const pointKeys = view.entity.map((column) => `g.${quoted(column)}`);
  const given = /^[\w."]+$/.test(points.trim()) ? points : `(${points})`;
  const distinct = `SELECT DISTINCT ${[...pointKeys, 'g."at_time"', ...starts].join(', ')} FROM ${given} AS g`;
  const own = view.entity.map((column) => `${POINT}.${quoted(column)}`);
  const groups = [...own, `${POINT}."at_time"`];
  const from = view.longest === undefined ? '' : ` AND ${EVENT}."t" >= ${nameOf(view.longest)}`;
  const joined = `${view.entity.map((column, index) => `${EVENT}."k${index}" = ${POINT}.${quoted(column)}`).join(' AND ')} AND ${EVENT}."t" < ${POINT}."at_time"${from}`;
  const inner = `SELECT ${[...groups, ...aggregates(view, nameOf)].join(', ')} FROM (${distinct}) AS ${POINT} `
    + `LEFT JOIN (${events(view, options)}) AS ${EVENT} ON ${joined} GROUP BY ${groups.join(', ')}`;
  return `SELECT ${[...view.entity.map(quoted), '"at_time"', ...outputs(view)].join(', ')} FROM (${inner}) AS a`;
}

/** The view as if only these features had been declared. */
function narrowed(view: CompiledView, names: readonly string[] | undefined): CompiledView {
  if (names === undefined) return view;
  const byName = new Map(view.features.map((feature) => [feature.name, feature]));
  const wanted = new Set<string>();
  const want = (name: string): void => {
    wanted.add(name);
    const from = byName.get(name)?.from;
    if (from !== undefined && 'ratio' in from) from.ratio.forEach(want);
  };
  names.forEach(want);
  const features = view.features.filter(({ name }) => wanted.has(name));
  const asked = [...new Set(features.flatMap(({ from }) => ('series' in from ? [from.series] : [])))].sort((left, right) => left - right);
  const series = asked.map((index) => view.series[index]!);
  return {
    ...view, series, longest: longestOf(series),
    features: features.map((feature) => ('series' in feature.from ? { ...feature, from: { series: asked.indexOf(feature.from.series) } } : feature)),
  };
}

/** The source's events with the entity, the time, and what each series asks of an event. */
function events(view: CompiledView, { relation }: SqlOptions, before?: string): string {
  const { source } = view;
  const keys = view.entity.map((column, index) => `${quoted(column)} AS "k${index}"`);
  const asked = view.series.flatMap((series, index) => {
    const where = series.whereSql === undefined ? [] : [`(${series.whereSql}) AS "c${index}"`];
    return series.valueSql === undefined || series.isTime ? where : [...where, `${valueSql(view, series)} AS "x${index}"`];
  });
  const conditions = [
    ...(relation === undefined && source.where !== undefined ? [`(${source.where})`] : []),
    ...view.entity.map((column) => `${quoted(column)} IS NOT NULL`), ...(before === undefined ? [] : [before]),
  ];
  return `SELECT ${[...keys, `${quoted(view.time)} AS "t"`, ...asked].join(', ')} FROM ${relation ?? source.table} AS events_ WHERE ${conditions.join(' AND ')}`;
}

/** Of events at the same time the greatest value counts, so each of them has it. */
function valueSql(view: CompiledView, series: Series): string {
  if (series.kind !== 'first' && series.kind !== 'last') return `(${series.valueSql})`;
  const counted = series.whereSql === undefined ? series.valueSql : `CASE WHEN ${series.whereSql} THEN ${series.valueSql} END`;
  return `max(${counted}) OVER (PARTITION BY ${[...view.entity, view.time].map(quoted).join(', ')})`;
}

function aggregates(view: CompiledView, start: (window: Window) => string): string[] {
  return view.features.flatMap((feature) => ('series' in feature.from ? [`${aggregate(view.series[feature.from.series]!, feature.from.series, start, feature)} AS ${quoted(feature.name)}`] : []));
}

function aggregate(series: Series, index: number, start: (window: Window) => string, { type }: CompiledFeature): string {
  const isInWindow = series.window === undefined ? `${EVENT}."t" IS NOT NULL` : `${EVENT}."t" >= ${start(series.window)}`;
  // Of first and last the condition is in the value already, but where that is the time itself.
  const isValueAtATime = !series.isTime && (series.kind === 'first' || series.kind === 'last');
  const counts = series.whereSql === undefined || isValueAtATime ? isInWindow : `${isInWindow} AND ${EVENT}."c${index}"`;
  // The first or last time of all is the least or greatest: nothing needs to be sorted for it.
  if (series.isTime) return `CAST(${series.kind === 'first' ? 'min' : 'max'}(CASE WHEN ${counts} THEN ${EVENT}."t" END) AS ${type})`;
  const value = `${EVENT}."x${index}"`;
  const counted = `CASE WHEN ${counts} THEN ${value} END`;
  switch (series.kind) {
    case 'count':
      return `count_if(${counts})`;
    case 'distinct':
      return `least(count(DISTINCT ${counted}), ${MOST_DISTINCT})`;
    case 'sum':
      return `CAST(coalesce(sum(${counted}), 0) AS ${type})`;
    case 'min':
    case 'max':
      return `CAST(${series.kind}(${counted}) AS ${type})`;
    default:
      return `CAST(${series.kind === 'first' ? 'min_by' : 'max_by'}(${value}, CASE WHEN ${counts} AND ${value} IS NOT NULL THEN ${EVENT}."t" END) AS ${type})`;
  }
}

/** The features by name, ratios computed from the others. */
function outputs(view: CompiledView): string[] {
  const byName = new Map(view.features.map((feature) => [feature.name, feature]));
  const expression = (name: string): string => {
    const { from } = byName.get(name)!;
    return 'series' in from ? quoted(name) : `(CAST(${expression(from.ratio[0])} AS double) / nullif(CAST(${expression(from.ratio[1])} AS double), CAST(0 AS double)))`;
  };
  return view.features.map(({ name, from }) => ('series' in from ? quoted(name) : `${expression(name)} AS ${quoted(name)}`));
}

function windowsOf({ series }: CompiledView): Window[] {
  const spans = new Map(series.flatMap(({ window }) => (window === undefined ? [] : [[window.span, window] as const])));
  return [...spans.values()];
}

/** floor(at − W, hop) */
function startSql({ span, hop }: Window, at: string): string {
  const back = `date_add('second', -${span / 1_000_000}, ${at})`;
  if (hop < HOUR) return `date_add('minute', -(minute(${back}) % 5), date_trunc('minute', ${back}))`;
  return `date_trunc('${hop === HOUR ? 'hour' : 'day'}', ${back})`;
}

const quoted = (name: string): string => `"${name}"`;
const timestamp = (microseconds: number): string => `TIMESTAMP '${textOfTime(microseconds)}'`;
