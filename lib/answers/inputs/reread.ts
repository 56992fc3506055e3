// The inputs of a logged answer as the lake has them: from the tables as they were at the answer, by what had arrived by then.
import type { CompiledView, FeatureSet } from '../../features/index.ts';
import { quoteText } from '../../lake/duckdb/index.ts';
import { viewOf, type ModelCard } from '../../learning/index.ts';
import { isSameInput } from '../../quality/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import { pinnedTo, timestampLiteral, type Engine } from '../../warehouse/index.ts';
import type { AnswersContext } from '../context.ts';
import { candidatesOf } from './candidates.ts';
import { arrivedBy, lakeAt, momentsBefore, type Values } from './lake-values.ts';
import { givenIn, type ServedAnswer } from './served.ts';
import { isDeclared } from './undeclared.ts';

export interface RereadView {
  view: string;
  table: string;
  /** The snapshot that was read, and whether only what had arrived by the answer; undefined snapshot: the table has none. */
  snapshot: string | undefined;
  values: Values;
  isEqual: boolean;
  /** Why it differs, or whatever else one should know. */
  notes: string[];
  /** Of the entity's newest event before the answer, milliseconds since 1970. */
  newest?: number;
}

/** What each view says of the answer's entity at its time. Views whose entity the request did not name, or whose features it gave itself, are left out. */
export async function rereadInputs(context: AnswersContext, features: FeatureSet, record: PredictionRecord, { features: names }: Pick<ModelCard, 'features'>): Promise<RereadView[]> {
  const answer = servedAnswer(record);
  const views: RereadView[] = [];
  for (const name of new Set(names.flatMap((feature) => viewOf(features, feature) ?? []))) {
    const view = features.views.get(name)!;
    const own = names.filter((feature) => viewOf(features, feature) === name && !answer.given.has(feature) && isDeclared(features, feature));
    if (own.length === 0 || !view.entity.every((column) => typeof answer.entity[column] === 'string')) continue;
    views.push(await reread(context, view, own, answer));
  }
  return views;
}

async function reread(context: AnswersContext, view: CompiledView, names: readonly string[], answer: ServedAnswer): Promise<RereadView> {
  const { table } = view.source;
  const { candidates, gone, hasArrival, madeAt } = await candidatesOf(context, view, answer.at);
  const engine = await context.engine();
  const isEqual = (values: Values): boolean => names.every((name) => isSameInput(answer.features[name] ?? null, values[name] ?? null));
  const differing = (values: Values): number => names.filter((name) => !isSameInput(answer.features[name] ?? null, values[name] ?? null)).length;
  let best: { snapshot: string; values: Values; relation: string | undefined } | undefined;
  for (const snapshot of candidates) {
    const cuts = hasArrival ? await arrivedBy(pinnedTo(engine, { [table]: snapshot }), view, answer) : [];
    for (const relation of [undefined, ...cuts]) {
      const values = (await lakeAt(pinnedTo(engine, { [table]: snapshot }), view, names, [{ answer, at: answer.at }], relation)).get(answer.predictionId)?.[0] ?? {};
      if (best === undefined || differing(values) < differing(best.values)) best = { snapshot, values, relation };
      if (isEqual(values)) break;
    }
    if (best !== undefined && isEqual(best.values)) break;
  }
  const expired = gone.length === 0 ? [] : [`${table} is not kept any more as it was at the answer: ${gone.map((id) => `snapshot ${id}`).join(', ')} has expired, the tag answers.${gone[0]} was lifted`];
  if (best === undefined) return { view: view.name, table, snapshot: undefined, values: {}, isEqual: isEqual({}), notes: [`${table} has no rows`, ...expired] };
  const found: RereadView = { view: view.name, table, snapshot: best.snapshot, values: best.values, isEqual: isEqual(best.values), notes: [] };
  const pinned = pinnedTo(engine, { [table]: best.snapshot });
  const newest = await newestBefore(pinned, view, answer);
  if (newest !== undefined) found.newest = newest;
  if (found.isEqual) return found;
  const moments = await momentsBefore(pinned, view, [answer], BEHIND_SECONDS);
  let behind: number | undefined;
  for (const relation of [best.relation, ...(hasArrival ? await arrivedBy(pinned, view, answer) : [])]) {
    behind ??= await behindBy(async (at) => (await lakeAt(pinned, view, names, [{ answer, at }], relation)).get(answer.predictionId)?.[0] ?? {}, moments.map(({ at }) => at), isEqual);
  }
  if (behind !== undefined) found.notes.push(`the online store was behind: without what happened to ${entityText(view, answer)} at ${new Date(behind).toISOString()} and later, ${answer.at - behind} ms before the answer, ${view.name} is equal`);
  else found.notes.push(...expired, ...(madeAt <= answer.at ? [`${table} has not been made anew since the answer: it follows every minute while \`millrace start\` runs, else by \`millrace run batch\`; reproduce it then`] : []));
  return found;
}

/** The moment as of which the lake gives what was served; undefined where none of the last events explains it. */
async function behindBy(valuesAt: (at: number) => Promise<Values>, moments: readonly number[], isEqual: (values: Values) => boolean): Promise<number | undefined> {
  for (const at of moments.slice(0, MOST_MOMENTS)) if (isEqual(await valuesAt(at))) return at;
  return undefined;
}

const MOST_MOMENTS = 20;
/** An online store that is further behind than that is not a little behind. */
const BEHIND_SECONDS = 3_600;

/** When something happened to the entity last before the answer, milliseconds since 1970. */
async function newestBefore(engine: Pick<Engine, 'query'>, view: CompiledView, { entity, at }: ServedAnswer): Promise<number | undefined> {
  const { table, where } = view.source;
  const isEntity = view.entity.map((column) => `"${column}" = ${quoteText(entity[column]!)}`).join(' AND ');
  const { rows: [row] } = await engine.query(`SELECT CAST(max("${view.time}") AS varchar) FROM ${table} WHERE ${isEntity} AND "${view.time}" < ${timestampLiteral(at)}${where === undefined ? '' : ` AND (${where})`}`);
  return typeof row?.[0] === 'string' ? Date.parse(`${row[0].replace(' ', 'T')}Z`) : undefined;
}

function servedAnswer({ prediction_id: predictionId, entity, features, response, score, predicted_at: at }: PredictionRecord): ServedAnswer {
  return { predictionId, entity: JSON.parse(entity) as ServedAnswer['entity'], features: JSON.parse(features) as ServedAnswer['features'], score, given: givenIn(response), at };
}

function entityText({ entity }: CompiledView, answer: ServedAnswer): string {
  return entity.map((column) => `${column} ${answer.entity[column] ?? ''}`).join(', ');
}
