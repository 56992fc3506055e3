// A month of visits as a SELECT that every engine understands, in place of silver.events; and a predictor's training set over it, as rows that can be compared.
import { loadFeatures, type FeatureSet } from '../../../lib/features/index.ts';
import { loadContracts } from '../../../lib/contracts/index.ts';
import { loadPredictors, type Dataset, type LoadedPredictor } from '../../../lib/learning/index.ts';
import type { Engine, Parameters } from '../../../lib/warehouse/index.ts';
import { PROJECT } from './home.ts';

/** 4,000 events of 151 visitors, some with odd names and one with none; one event in fifty is a repeat. */
const VISITS = `
  SELECT CASE n % 150 WHEN 3 THEN 'é😀' WHEN 4 THEN 'o''hara' WHEN 5 THEN CASE WHEN n % 300 = 5 THEN '' ELSE 'V5' END WHEN 6 THEN NULL ELSE concat('v', CAST(n % 150 AS varchar)) END AS visitorid,
         concat('i', CAST(n * 7 % 40 AS varchar))                                                                           AS itemid,
         CASE n % 11 WHEN 0 THEN 'transaction' WHEN 3 THEN 'addtocart' WHEN 7 THEN 'search' ELSE 'view' END                 AS event,
         date_add('minute', 13 * n, CAST(TIMESTAMP '2018-09-01 00:00:00' AS timestamp(6)))                                  AS event_time,
         CAST(date_add('minute', 13 * n, CAST(TIMESTAMP '2018-09-01 00:00:00' AS timestamp(6))) AS date)                    AS event_date,
         CAST('desktop' AS varchar)                                                                                         AS device_type,
         CASE WHEN n % 50 = 49 THEN 'another' END                                                                           AS duplicate_of
  FROM UNNEST(sequence(0, 3999)) AS numbers (n)`;

export const VISITED: Parameters = { as_of: { type: 'date', value: '2018-10-06' } };

/** An engine that sees these visits. */
export function visited(engine: Pick<Engine, 'query'>): Engine {
  return { query: (sql, options) => engine.query(sql, { ...options, overlays: { 'silver.events': VISITS } }) } as Engine;
}

export async function conversionOf(sample: LoadedPredictor['sample']): Promise<{ predictor: LoadedPredictor; features: FeatureSet }> {
  const declared = (await loadPredictors(`${PROJECT}/predictors`)).get('conversion')!;
  const { sample: _, ...predictor } = declared;
  return { predictor: sample === undefined ? predictor : { ...predictor, sample }, features: await loadFeatures(`${PROJECT}/features`, await loadContracts(`${PROJECT}/contracts`)) };
}

/** Row by row: who, when, what came of it, and every feature; in one order. */
export function rowsOf({ entities, times, labels, columns }: Dataset): string[] {
  return entities.map((entity, row) => JSON.stringify([...entity, new Date(times[row]!).toISOString(), labels[row], ...columns.map((values) => values[row])])).sort();
}
