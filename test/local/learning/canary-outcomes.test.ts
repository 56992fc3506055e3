// How right champion and canary have been is read from the log: by the answer that an outcome names, else by the unit, and only of answers that are old enough.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/base/index.ts';
import { overwriteRows } from '../../../lib/lake/duckdb/index.ts';
import { DEFAULT_CANARY_LIMITS, judgeCanary, type Canary, type CanarySide } from '../../../lib/learning/index.ts';
import { openRuntime, type Runtime } from '../../../lib/local/index.ts';
import { canaryOutcomes } from '../../../lib/local/learning/index.ts';
import { rowsAsSelect, type OpsRow } from '../../../lib/quality/index.ts';
import type { TableDefinition } from '../../../lib/lake/index.ts';
import { PROJECT } from './home.ts';

const START = Date.UTC(2026, 2, 1);
const HOUR = 3_600_000;
const NOW = START + 10 * HOUR;
const canary: Canary = { version: '2', share: 0.5, automatic: true, leastAnswers: 1, leastSeconds: 0, outcomeSeconds: 3_600, limits: DEFAULT_CANARY_LIMITS, startedAt: START };

const PREDICTIONS: TableDefinition = {
  columns: [
    ...['prediction_id', 'kind', 'version', 'unit'].map((name) => ({ name, type: 'string' as const })), { name: 'score', type: 'double' }, { name: 'fallback', type: 'boolean' }, { name: 'predicted_at', type: 'timestamp' },
  ],
};
const OUTCOMES: TableDefinition = { columns: [...['prediction_id', 'unit', 'outcome'].map((name) => ({ name, type: 'string' as const })), { name: 'occurred_at', type: 'timestamp' }] };

let root: string;
let runtime: Runtime;
beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'millrace-outcomes-'));
  runtime = await openRuntime({ home: path.join(root, 'home'), project: PROJECT, create: true, clock: { ...systemClock, now: () => NOW } });
}, 60_000);
afterAll(async () => {
  await runtime.close();
  rmSync(root, { recursive: true, force: true });
});

async function write(name: string, definition: TableDefinition, rows: readonly OpsRow[]): Promise<void> {
  const table = await runtime.lake.createTable({ namespace: 'silver', name }, definition);
  await (await runtime.database()).use((session) => overwriteRows(session, table, { sql: 'TRUE' }, rowsAsSelect(table, rows), { temporaryFolder: runtime.home.temporary }));
}

describe('outcomes of a canary', () => {
  it('are none before anything was answered', async () => {
    expect(await canaryOutcomes(runtime, 'conversion', canary, '1')).toBeUndefined();
  });

  it('tell a challenger that is wrong from the champion', async () => {
    const micros = (at: number): bigint => BigInt(at) * 1000n;
    // Every fourth visitor buys. The champion says so, the challenger that nine of ten do. The last answers are too young, and one side's are of before.
    const answers: OpsRow[] = ['1', '2'].flatMap((version) => Array.from({ length: 240 }, (_, index) => ({
      prediction_id: `p${version}-${index}`, kind: 'conversion', version, unit: `v${version}-${index}`, score: version === '1' ? 0.25 : 0.9, fallback: false,
      predicted_at: micros(index < 200 ? START + index * 1_000 : index < 220 ? NOW - 60_000 : START - HOUR),
    })));
    await write('predictions', PREDICTIONS, answers);
    await write('outcomes', OUTCOMES, ['1', '2'].flatMap((version) => Array.from({ length: 240 }, (_, index) => index).filter((index) => index % 4 === 0).map((index): OpsRow => (
      // Half of them name the answer, the others only who it was.
      { prediction_id: index % 8 === 0 ? `p${version}-${index}` : null, unit: `v${version}-${index}`, outcome: 'purchase', occurred_at: micros(START + index * 1_000 + 60_000) }))));
    const outcomes = (await canaryOutcomes(runtime, 'conversion', canary, '1'))!;
    expect(outcomes.champion).toMatchObject({ answers: 200, calibration: expect.closeTo(0, 9) as number, logLoss: expect.closeTo(0.5623, 3) as number });
    expect(outcomes.challenger).toMatchObject({ answers: 200, calibration: expect.closeTo(0.65, 9) as number });
    const side: CanarySide = { answers: 240, errors: 0, fallbacks: 0, requests: 240, milliseconds: 24 };
    expect(judgeCanary(canary, { champion: side, challenger: side, outcomes }, NOW)).toMatchObject({ verdict: 'roll_back', reasons: [expect.stringContaining('log loss is'), expect.stringContaining('distance of what it says')] });
  });
});
