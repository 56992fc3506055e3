// What the lake says of an answer's inputs: as of a moment, and by what had arrived by then.
import { featuresOfPointsSql, fromSql, type CompiledView } from '../../features/index.ts';
import { numberOf } from '../../serving/index.ts';
import type { Engine } from '../../warehouse/index.ts';
import type { ServedAnswer } from './served.ts';

/** The store may have been so far behind, seconds. */
const MOST_BEHIND = 300;
/** Events of an entity before an answer that are tried as the first one which the store did not have. */
const MOST_MOMENTS = 50;
const POINTS_AT_ONCE = 500;
/** What is folded at once is in the lake so many seconds later at most. */
const MOST_DELIVERY = 120;
/** Arrivals after an answer that are tried as the last one which the store had. */
export const MOST_ARRIVALS = 10;

export type Values = Readonly<Record<string, number | null>>;

/** An answer, and the moment as of which the lake is asked. */
export interface Moment { answer: ServedAnswer; at: number }

/** At the answer itself. */
export const asOfAnswer = (answer: ServedAnswer): Moment => ({ answer, at: answer.at });

/** By prediction: the features as they stood at each of its moments. Times count back from the answer itself. */
export async function lakeAt(engine: Pick<Engine, 'query'>, view: CompiledView, names: readonly string[], moments: readonly Moment[], relation?: string): Promise<Map<string, Values[]>> {
  const found = new Map<string, Values[]>();
  for (let from = 0; from < moments.length; from += POINTS_AT_ONCE) {
    const byPoint = new Map<string, Moment[]>();
    for (const moment of moments.slice(from, from + POINTS_AT_ONCE)) {
      const point = keyOf(view.entity.map((column) => moment.answer.entity[column]!), moment.at);
      byPoint.set(point, [...byPoint.get(point) ?? [], moment]);
    }
    const { columns, rows } = await engine.query(featuresOfPointsSql(view, pointsSql(view, [...byPoint.values()].map(([moment]) => moment!)), relation === undefined ? {} : { relation }));
    const place = new Map(columns.map(({ name }, index) => [name, index]));
    for (const row of rows) {
      const point = keyOf(view.entity.map((column) => String(row[place.get(column)!])), timeOf(row[place.get('at_time')!]));
      for (const { answer } of byPoint.get(point) ?? []) {
        found.set(answer.predictionId, [...found.get(answer.predictionId) ?? [], Object.fromEntries(names.map((name) => {
          const column = name.slice(view.name.length + 1);
          const value = numberOf(fromSql(row[place.get(column)!], view.features.find((feature) => feature.name === column)!.type), answer.at);
          return [name, Number.isNaN(value) ? null : value];
        }))]);
      }
    }
  }
  return found;
}

/** When something happened to the entity within some seconds before the answer, the newest first: as of each, neither that event nor a later one is known. */
export async function momentsBefore(engine: Pick<Engine, 'query'>, view: CompiledView, answers: readonly ServedAnswer[], withinSeconds = MOST_BEHIND): Promise<Moment[]> {
  const { table, where } = view.source;
  const moments: Moment[] = [];
  for (let from = 0; from < answers.length; from += POINTS_AT_ONCE) {
    const some = answers.slice(from, from + POINTS_AT_ONCE);
    const keys = view.entity.map((column) => `given."${column}"`);
    const on = view.entity.map((column) => `happened."${column}" = given."${column}"`).join(' AND ');
    const happened = `SELECT ${[...view.entity, view.time].map((column) => `"${column}"`).join(', ')} FROM ${table}${where === undefined ? '' : ` WHERE ${where}`}`;
    const { rows } = await engine.query(`SELECT ${keys.join(', ')}, given."at_time", happened."${view.time}" FROM (${pointsSql(view, some.map(asOfAnswer))}) AS given `
      + `JOIN (${happened}) AS happened ON ${on} AND happened."${view.time}" < given."at_time" AND happened."${view.time}" >= date_add('second', -${withinSeconds}, given."at_time") ORDER BY happened."${view.time}" DESC`);
    const byPoint = new Map<string, number[]>();
    for (const row of rows) {
      const point = keyOf(row.slice(0, view.entity.length).map(String), timeOf(row[view.entity.length]));
      byPoint.set(point, [...byPoint.get(point) ?? [], timeOf(row[view.entity.length + 1])]);
    }
    for (const answer of some) {
      const times = new Set(byPoint.get(keyOf(view.entity.map((column) => answer.entity[column]!), answer.at)) ?? []);
      moments.push(...[...times].slice(0, MOST_MOMENTS).map((at) => ({ answer, at })));
    }
  }
  return moments;
}

/**
 * The source's events by when they arrived, as relations: those that had reached the lake by the answer, then also the next arrival, and so on. What is folded into
 * the store at once reaches the lake a moment later. @throws where the source's table does not tell when its rows arrived
 */
export async function arrivedBy(engine: Pick<Engine, 'query'>, view: CompiledView, { entity, at }: ServedAnswer): Promise<string[]> {
  const { table, where } = view.source;
  const also = where === undefined ? '' : ` AND (${where})`;
  const isEntity = view.entity.map((column) => `"${column}" = ${quoted(entity[column]!)}`).join(' AND ');
  const now = `TIMESTAMP '${textOf(at)}'`;
  const { rows } = await engine.query(`SELECT DISTINCT CAST(arrived_at AS varchar) FROM ${table} WHERE ${isEntity} AND "${view.time}" < ${now} AND arrived_at > ${now} `
    + `AND arrived_at <= date_add('second', ${MOST_DELIVERY}, ${now})${also} ORDER BY 1 LIMIT ${MOST_ARRIVALS}`);
  return [textOf(at), ...rows.map(([arrived]) => String(arrived))].map((until) => `(SELECT * FROM ${table} WHERE arrived_at <= TIMESTAMP '${until}'${also})`);
}

function pointsSql(view: CompiledView, moments: readonly Moment[]): string {
  const rows = moments.map(({ answer, at }) => `(${view.entity.map((column) => quoted(answer.entity[column]!)).join(', ')}, TIMESTAMP '${textOf(at)}')`);
  return `SELECT * FROM (VALUES ${rows.join(', ')}) AS points_ (${[...view.entity, 'at_time'].map((column) => `"${column}"`).join(', ')})`;
}

/** Milliseconds since 1970 of a timestamp as an engine gives it. */
function timeOf(value: unknown): number {
  return Math.floor(Date.parse(`${String(value).replace(' ', 'T')}Z`));
}

/** `2018-10-18 12:00:00.000`, UTC. */
function textOf(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').slice(0, 23);
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const keyOf = (entity: readonly string[], at: number): string => JSON.stringify([...entity, at]);
