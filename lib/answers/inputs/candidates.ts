// Snapshots of an input's table in which the lake may be as it was at an answer.
import type { CompiledView } from '../../features/index.ts';
import { currentSnapshots, tableNameOf } from '../../lake/index.ts';
import type { AnswersContext } from '../context.ts';
import { FEATURES } from '../states.ts';

/** States later than the answer that are looked into: what had arrived by the answer is in the first or second of them. */
const MOST_LATER = 4;

/** Snapshots to look into, the likeliest first: that of the answer, then those that came after it; and those that are gone. */
export async function candidatesOf({ lake, states: noted }: AnswersContext, { source: { table: name } }: CompiledView, at: number): Promise<{ candidates: string[]; gone: string[]; hasArrival: boolean; madeAt: number }> {
  const table = await lake.findTable(tableNameOf(name));
  const there = new Set((table?.metadata.snapshots ?? []).map((snapshot) => String(snapshot['snapshot-id'])));
  const states = (await noted.list(FEATURES)).filter(({ snapshots }) => snapshots[name] !== undefined);
  const current = states.findLastIndex((state) => state.at <= at);
  const wanted = [...states.slice(Math.max(0, current), Math.max(0, current) + 1 + MOST_LATER).map(({ snapshots }) => snapshots[name]!), ...Object.values(await currentSnapshots(lake, [name]))];
  const ids = [...new Set(wanted)];
  return {
    candidates: ids.filter((id) => there.has(id)), gone: ids.filter((id) => !there.has(id)),
    hasArrival: table?.schema.fields.some((field) => field.name === ARRIVED_AT) === true, madeAt: table?.currentSnapshot?.['timestamp-ms'] ?? 0,
  };
}

/** When a row reached the lake, in tables that say so. */
const ARRIVED_AT = 'arrived_at';
