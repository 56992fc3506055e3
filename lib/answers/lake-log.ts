// The log of answers in the lake: as it arrived, in bronze, which a home has within seconds; or in silver, which is partitioned by day, so that an answer of
// months ago is found without reading what came since.
import type { Lake } from '../lake/index.ts';
import { quoteText } from '../lake/duckdb/index.ts';
import type { PredictionRecord } from '../serving/index.ts';
import type { Engine } from '../warehouse/index.ts';
import type { AnswerLog, LoggedOutcome } from './context.ts';

const DAY_MS = 86_400_000;

/** An id as the API makes them; version 7 tells when. */
export const WHOLE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Milliseconds since 1970. */
export function madeAt(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

type LakeLog = Pick<AnswerLog, 'find' | 'beginningWith' | 'outcomesOf'>;

export interface LogTables {
  lake: Pick<Lake, 'findTable'>;
  engine(): Promise<Pick<Engine, 'query'>>;
}

/** Over bronze: all is text there, times are milliseconds. */
export function bronzeLog(tables: LogTables): LakeLog {
  return lakeLog(tables, 'bronze', {
    among: () => '',
    after: (at) => `CAST(occurred_at AS bigint) >= ${at}`,
  });
}

/** Over silver: of some answer's days alone. Business dates are at most a day from UTC's. */
export function silverLog(tables: LogTables): LakeLog {
  return lakeLog(tables, 'silver', {
    among: (id) => (WHOLE_ID.test(id) && id[14] === '7' ? ` AND predicted_date BETWEEN ${dateText(madeAt(id) - DAY_MS)} AND ${dateText(madeAt(id) + DAY_MS)}` : ''),
    after: (at) => `occurred_at >= TIMESTAMP '${new Date(at).toISOString().replace('T', ' ').slice(0, 23)}'`,
    since: (at) => `occurred_date >= ${dateText(at - DAY_MS)} AND `,
  });
}

interface Conditions { among: (id: string) => string; after: (at: number) => string; since?: (at: number) => string }

function lakeLog({ lake, engine }: LogTables, namespace: 'bronze' | 'silver', { among, after, since = () => '' }: Conditions): LakeLog {
  const hasRows = async (name: string): Promise<boolean> => (await lake.findTable({ namespace, name }))?.currentSnapshot !== undefined;
  return {
    async find(id) {
      if (!(await hasRows('predictions'))) return undefined;
      const { columns, rows: [row] } = await (await engine()).query(`SELECT * FROM ${namespace}.predictions WHERE prediction_id = ${quoteText(id)}${among(id)} LIMIT 1`);
      return row === undefined ? undefined : recordOf(Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
    },
    async beginningWith(id, most) {
      if (!(await hasRows('predictions'))) return [];
      const { rows } = await (await engine()).query(`SELECT DISTINCT prediction_id FROM ${namespace}.predictions WHERE starts_with(prediction_id, ${quoteText(id)}) ORDER BY 1 LIMIT ${most}`);
      return rows.map(([found]) => String(found));
    },
    async outcomesOf({ prediction_id: id, unit, predicted_at: at }) {
      if (!(await hasRows('outcomes'))) return [];
      const ofUnit = unit === null ? '' : ` OR (prediction_id IS NULL AND unit = ${quoteText(unit)} AND ${after(at)})`;
      const { rows } = await (await engine()).query(`SELECT outcome, CAST(value AS double), CAST(occurred_at AS varchar) FROM ${namespace}.outcomes WHERE ${since(at)}(prediction_id = ${quoteText(id)}${ofUnit}) ORDER BY occurred_at`);
      return (rows as [string, number | null, string][]).map(([outcome, value, happened]): LoggedOutcome => ({ outcome, value: value === null ? null : Number(value), at: new Date(timeOf(happened)).toISOString() }));
    },
  };
}

const dateText = (at: number): string => `DATE '${new Date(at).toISOString().slice(0, 10)}'`;

/** Of milliseconds as text, or of a timestamp as an engine gives it. */
function timeOf(value: unknown): number {
  const text = String(value);
  return /^\d+$/.test(text) ? Number(text) : Math.floor(Date.parse(`${text.replace(' ', 'T').slice(0, 23)}Z`));
}

function recordOf(cells: Readonly<Record<string, unknown>>): PredictionRecord {
  const textOf = (name: string): string | undefined => (cells[name] === null || cells[name] === undefined ? undefined : String(cells[name]));
  const optional = Object.fromEntries(OPTIONAL.flatMap((name) => {
    const text = textOf(name);
    return text === undefined ? [] : [[name, text]];
  }));
  const score = textOf('score');
  return {
    prediction_id: textOf('prediction_id') ?? '', request_id: textOf('request_id') ?? '', predicted_at: timeOf(cells['predicted_at']), kind: textOf('kind') ?? '', version: textOf('version') ?? '',
    experiment: textOf('experiment') ?? null, variant: textOf('variant') ?? null, unit: textOf('unit') ?? null, ...optional, entity: textOf('entity') ?? '{}', features: textOf('features') ?? '{}', response: textOf('response') ?? '{}',
    score: score === undefined ? null : Number(score), fallback: textOf('fallback') === 'true', key_id: textOf('key_id') ?? '', latency_ms: Number(textOf('latency_ms')),
  };
}

/** Segments, and why an answer is a fall-back. */
const OPTIONAL = ['device', 'country', 'channel', 'customer_type', 'reason'] as const;
