// How right champion and canary have been since the canary began, from the log of predictions and the outcomes that were reported.
import type { Canary, CanaryOutcomes, CanaryView } from '../../learning/index.ts';
import { timestampLiteral, type Engine } from '../../warehouse/index.ts';
import type { Runtime } from '../runtime.ts';

/** As in gold.model_performance: what has to be reported for an answer to have come true. */
const HOPED_FOR = "CASE WHEN kind = 'churn' THEN 'churn' ELSE 'purchase' END";

/** undefined while the tables are not there, or one of the two has no answer that is old enough. */
export async function canaryOutcomes(runtime: Pick<Runtime, 'lake' | 'clock'> & { engine(): Promise<Pick<Engine, 'query'>> }, predictor: string, { version, startedAt, outcomeSeconds }: Canary, champion: string): Promise<CanaryView['outcomes']> {
  const { lake, clock } = runtime;
  const tables = await Promise.all(['predictions', 'outcomes'].map((name) => lake.tableExists({ namespace: 'silver', name })));
  if (tables.includes(false)) return undefined;
  const window = `INTERVAL '${Math.max(1, Math.round(outcomeSeconds))}' SECOND`;
  const { rows } = await (await runtime.engine()).query(`
WITH answers AS (
  SELECT prediction_id, version, unit, predicted_at, score, ${HOPED_FOR} AS hoped_for
  FROM silver.predictions
  WHERE kind = :kind AND version IN (:champion, :version) AND NOT fallback AND score BETWEEN 0e0 AND 1e0
    AND predicted_at >= ${timestampLiteral(startedAt)} AND predicted_at < ${timestampLiteral(clock.now() - outcomeSeconds * 1000)}
),
reported AS (
  SELECT answers.prediction_id
  FROM answers
  JOIN silver.outcomes AS outcomes ON outcomes.prediction_id = answers.prediction_id AND outcomes.outcome = answers.hoped_for
  WHERE outcomes.occurred_at >= answers.predicted_at AND outcomes.occurred_at < answers.predicted_at + ${window}
  UNION
  SELECT answers.prediction_id
  FROM answers
  JOIN silver.outcomes AS outcomes ON outcomes.unit = answers.unit AND outcomes.outcome = answers.hoped_for
  WHERE outcomes.prediction_id IS NULL AND outcomes.occurred_at >= answers.predicted_at AND outcomes.occurred_at < answers.predicted_at + ${window}
),
judged AS (
  SELECT version, greatest(least(score, 1e0 - 1e-15), 1e-15) AS probability, CASE WHEN reported.prediction_id IS NULL THEN 0e0 ELSE 1e0 END AS came_true
  FROM answers
  LEFT JOIN reported ON reported.prediction_id = answers.prediction_id
)
SELECT version, count(*) AS answers, avg(-ln(CASE WHEN came_true > 5e-1 THEN probability ELSE 1e0 - probability END)) AS log_loss, abs(avg(probability) - avg(came_true)) AS calibration
FROM judged
GROUP BY version`, {
    parameters: { kind: { type: 'varchar', value: predictor }, champion: { type: 'varchar', value: champion }, version: { type: 'varchar', value: version } },
  });
  const sideOf = (wanted: string): CanaryOutcomes | undefined => {
    const row = rows.find(([name]) => name === wanted);
    return row === undefined ? undefined : { answers: Number(row[1]), logLoss: Number(row[2]), calibration: Number(row[3]) };
  };
  const [ofChampion, ofChallenger] = [sideOf(champion), sideOf(version)];
  return ofChampion === undefined || ofChallenger === undefined ? undefined : { champion: ofChampion, challenger: ofChallenger };
}
