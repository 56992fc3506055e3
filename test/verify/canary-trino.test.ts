// How right champion and canary were is asked of a live Trino, which stands for Athena, as it is asked of the embedded engine. MILLRACE_TRINO names a server that runs already.
import { expect, it } from 'vitest';
import { DEFAULT_CANARY_LIMITS, type Canary } from '../../lib/learning/index.ts';
import { canaryOutcomes } from '../../lib/local/learning/index.ts';
import type { Parameters } from '../../lib/warehouse/index.ts';
import { trinoClient } from './support/trino-client.ts';
import { trinoOfFile } from './support/trino-of-file.ts';

const START = Date.UTC(2026, 2, 1);
const HOUR = 3_600_000;
const canary: Canary = { version: '2', share: 0.5, automatic: true, leastAnswers: 1, leastSeconds: 0, outcomeSeconds: 3_600, limits: DEFAULT_CANARY_LIMITS, startedAt: START };

const trino = trinoClient(trinoOfFile());

/** Two hundred answers of a version, one a second, then twenty that are too young and twenty of before the canary; every fourth visitor buys, and half of those name the answer. */
const answers = (version: string, score: string): string => `
SELECT 'p${version}-' || CAST(n AS varchar) AS prediction_id, 'conversion' AS kind, '${version}' AS version, 'v${version}-' || CAST(n AS varchar) AS unit, ${score} AS score, false AS fallback,
  CAST(CASE WHEN n < 200 THEN TIMESTAMP '2026-03-01 00:00:00' + n * INTERVAL '1' SECOND WHEN n < 220 THEN TIMESTAMP '2026-03-01 09:59:00' ELSE TIMESTAMP '2026-02-28 23:00:00' END AS timestamp(6)) AS predicted_at
FROM UNNEST(sequence(0, 239)) AS t(n)`;
const bought = (version: string): string => `
SELECT CASE WHEN n % 8 = 0 THEN 'p${version}-' || CAST(n AS varchar) END AS prediction_id, 'v${version}-' || CAST(n AS varchar) AS unit, 'purchase' AS outcome,
  CAST(TIMESTAMP '2026-03-01 00:01:00' + n * INTERVAL '1' SECOND AS timestamp(6)) AS occurred_at
FROM UNNEST(sequence(0, 239, 4)) AS t(n)`;

it('tells a challenger that is wrong from the champion', async () => {
  const overlays = { 'silver.predictions': `${answers('1', '25e-2')} UNION ALL ${answers('2', '9e-1')}`, 'silver.outcomes': `${bought('1')} UNION ALL ${bought('2')}` };
  const outcomes = await canaryOutcomes({
    lake: { tableExists: async () => true } as never, clock: { now: () => START + 10 * HOUR, sleep: async () => {} },
    engine: async () => ({ query: (sql: string, options: { parameters?: Parameters }) => trino.query(sql, { overlays, ...options }) }) as never,
  }, 'conversion', canary, '1');
  // Log loss of a quarter foretold and a quarter come true; of nine tenths foretold.
  expect(outcomes!.champion).toMatchObject({ answers: 200, calibration: expect.closeTo(0, 9) as number, logLoss: expect.closeTo(-(0.25 * Math.log(0.25) + 0.75 * Math.log(0.75)), 9) as number });
  expect(outcomes!.challenger).toMatchObject({ answers: 200, calibration: expect.closeTo(0.65, 9) as number, logLoss: expect.closeTo(-(0.25 * Math.log(0.9) + 0.75 * Math.log(0.1)), 9) as number });
});
