// A source of events with a key, models of every incremental kind over it, and rows of its bronze table.
import { date, id, integer, source } from '../../../lib/contracts/index.ts';
import { model } from './project.ts';

export const events = source('events', {
  description: 'Events.', owner: 'tests', version: '1.0', timeZone: 'UTC', key: ['event_id'],
  columns: { event_id: id(), customer: id(), day: date({ nullable: true }), amount: integer() },
});

const DAILY = 'SELECT day, count(*) AS events, sum(amount) AS total FROM source.events GROUP BY day';
const CUSTOMERS = 'SELECT customer, count(*) AS events, max(day) AS last_day FROM source.events GROUP BY customer';

/** Each is to equal its SELECT over everything, however it was computed. */
export const EVENT_MODELS: Readonly<Record<string, string>> = {
  'silver.by_month': model('kind: partitions\npartition_by: month(day)\ntime: { column: day, grain: month }\nchanges: { source.events: day }\naudits:\n  - unique: day', DAILY),
  'silver.by_day': model('kind: append\ntime: { column: day, grain: day }\nchanges: { source.events: day }\naudits:\n  - reconciles: { this: sum(total), with: source.events, sum: sum(amount) }', DAILY),
  'silver.by_moment': model(
    'kind: append\nsort_by: moment desc\ntime: { column: moment, grain: month }\nlookback: 1\nchanges: { source.events: day }',
    'SELECT CAST(day AS timestamp(6)) AS moment, count(*) AS events FROM source.events GROUP BY day',
  ),
  'silver.customers': model('kind: merge\nkey: customer\npartition_by: bucket(2, customer)\nchanges: { source.events: customer }', CUSTOMERS),
  'gold.from_days': model('kind: partitions\npartition_by: month(day)\ntime: { column: day, grain: month }\nchanges: { silver.by_day: day }', 'SELECT day, total + 1 AS more FROM silver.by_day'),
};

export interface EventRow { event: number; customer: number; day: number | null; amount: number }

/** A SELECT, in the SQL that DuckDB and Athena share, of bronze rows that arrived together; `arrival` orders the files. Days count from 2018-01-01. */
export function bronzeEvents(arrival: number, rows: readonly EventRow[]): string {
  const file = `f${String(arrival).padStart(6, '0')}`;
  const at = new Date(Date.UTC(2018, 5, 1, 0, 0, arrival)).toISOString().slice(0, 19).replace('T', ' ');
  const values = rows.map(({ event, customer, day, amount }, index) => {
    const date = day === null ? 'CAST(NULL AS varchar)' : `'${new Date(Date.UTC(2018, 0, 1 + day)).toISOString().slice(0, 10)}'`;
    return `('e${event}', 'c${customer}', ${date}, '${amount}', ${index + 1})`;
  });
  return `SELECT event_id, customer, day, amount, 'f' AS _file, '${file}' AS _file_id, CAST(_row AS bigint) AS _row, CAST('${at}' AS timestamp) AS _ingested_at, '1.0' AS _contract_version`
    + ` FROM (VALUES ${values.join(', ')}) AS t (event_id, customer, day, amount, _row)`;
}
