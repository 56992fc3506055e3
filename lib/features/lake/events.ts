// The events of a source as the lake has them, in the form in which the stream gives them.
import { columnsOf, typedColumns } from '../../contracts/index.ts';
import { expandSources, type Engine } from '../../warehouse/index.ts';
import type { FeatureEvent } from '../fold/prepare.ts';
import type { CompiledSource } from '../source.ts';
import { textOfTime, timeOfText } from '../windows.ts';
import { fromSql } from '../values.ts';

export interface LakeEventsOptions {
  engine: Engine;
  source: CompiledSource;
  /** Microseconds: from this time on, before that one. */
  from?: number;
  before?: number;
  /** Tables are read as they were then; default: as they are. */
  snapshots?: Readonly<Record<string, bigint>>;
  signal?: AbortSignal;
}

const ORIGIN = ['_ingested_at', '_stream', '_shard', '_sequence', '_subsequence', '_file_id', '_row'] as const;

/** Every event once, by its id, as the contract keeps duplicates; in the order of time. */
export async function eventsOnce({ engine, source, from, before, signal }: LakeEventsOptions): Promise<FeatureEvent[]> {
  const { contract } = source;
  const time = quoted(timeOf(source));
  const columns = columnsOf(contract);
  const conditions = [...(from === undefined ? [] : [`${time} >= TIMESTAMP '${textOfTime(from)}'`]), ...(before === undefined ? [] : [`${time} < TIMESTAMP '${textOfTime(before)}'`])];
  const sql = `SELECT ${[...columns.map(({ name }) => name), ...ORIGIN].map(quoted).join(', ')} FROM source.${contract.name}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`} ORDER BY ${time}, "_ingested_at"`;
  const { rows } = await engine.query(expandSources(sql, new Map([[contract.name, contract]])), { signal });
  return rows.flatMap((row) => {
    const texts = columns.map(({ column }, index) => {
      const value = row[index];
      if (value === null || value === undefined) return null;
      return column.kind === 'timestamp' ? fromSql(value, 'timestamp(6)') as string : String(value);
    });
    return eventOf(source, source.rowOf(texts), row.slice(columns.length));
  });
}

/** Every row of bronze, what came twice included, in the order of arrival. */
export async function eventsAsArrived({ engine, source, from, before, snapshots = {}, signal }: LakeEventsOptions): Promise<FeatureEvent[]> {
  const { contract } = source;
  const columns = columnsOf(contract);
  const time = columns.find(({ name }) => name === source.timeColumn)!;
  // Times that are text are read one by one.
  const milliseconds = `CAST(${quoted(time.name)} AS bigint)`;
  const conditions = time.column.kind !== 'epoch_ms' ? [] : [
    ...(from === undefined ? [] : [`${milliseconds} >= ${Math.ceil(from / 1000)}`]), ...(before === undefined ? [] : [`${milliseconds} < ${Math.ceil(before / 1000)}`]),
  ];
  const order = ['"_ingested_at"', '"_file_id"', '"_row"', '"_stream"', '"_shard"', 'length("_sequence")', '"_sequence"', 'length("_subsequence")', '"_subsequence"'];
  const sql = `SELECT ${[...columns.map(({ name }) => name), ...ORIGIN].map(quoted).join(', ')} FROM bronze.${contract.name}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`} ORDER BY ${order.join(', ')}`;
  const { rows } = await engine.query(sql, { snapshots, signal });
  return rows.flatMap((row) => {
    const event = source.row(columns.map((_, index) => (row[index] as string | null) || null));
    if (event === undefined || (from !== undefined && event.time < from) || (before !== undefined && event.time >= before)) return [];
    return eventOf(source, event, row.slice(columns.length));
  });
}

/** How many events there are of each day, in the order of days. */
export async function eventsByDay({ engine, source, from, signal }: LakeEventsOptions): Promise<{ day: string; events: number }[]> {
  const { contract } = source;
  const time = quoted(timeOf(source));
  const where = from === undefined ? '' : ` WHERE ${time} >= TIMESTAMP '${textOfTime(from)}'`;
  const sql = `SELECT CAST(${time} AS date) AS "day", count(*) AS "events" FROM source.${contract.name}${where} GROUP BY 1 ORDER BY 1`;
  const { rows } = await engine.query(expandSources(sql, new Map([[contract.name, contract]])), { signal });
  return rows.map(([day, events]) => ({ day: String(day), events: Number(events) }));
}

/** The typed relation's column that says when it happened, as a timestamp. */
function timeOf({ contract, timeColumn }: CompiledSource): string {
  return typedColumns(contract).find(({ name, type }) => (name === timeColumn || name === `${timeColumn}__time`) && type === 'timestamp(6)')!.name;
}

function eventOf(source: CompiledSource, row: FeatureEvent['row'] | undefined, [ingestedAt, stream, shard, sequence, subsequence, fileId, number]: readonly unknown[]): FeatureEvent[] {
  if (row === undefined) return [];
  const place = sequence === null || sequence === undefined
    ? { stream: undefined, shard: '', sequence: `${String(fileId)}:${String(number)}`, subsequence: 0 }
    : { stream: String(stream), shard: String(shard), sequence: String(sequence), subsequence: Number(subsequence ?? 0) };
  return [{ source, row, arrivedAt: timeOfText(fromSql(ingestedAt, 'timestamp(6)') as string), place, partitionKey: undefined }];
}

const quoted = (name: string): string => `"${name}"`;
