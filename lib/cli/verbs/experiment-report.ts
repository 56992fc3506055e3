// millrace experiment report: what an experiment shows so far, honestly at every look.
import { MINIMUM_UNITS, reportOn, type Comparison, type ExperimentReport, type Metric, type Observed } from '../../experiments/index.ts';
import { ExperimentFolder, type KeptExperiment, type Runtime } from '../../local/index.ts';
import { withRuntime } from '../runtime.ts';
import { change, number, paint, percent, table, type Terminal } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

export const experimentReport: Verb = {
  description: 'Made from gold.experiment_results, as of the last run of the batch. The intervals hold however often one looks (confidence sequences), differences are adjusted by what each unit did before (CUPED), and nothing is said while the variants do not have the units they should.',
  examples: ['millrace experiment report free_79'],
  async run(invocation) {
    return withRuntime(invocation, async (runtime) => {
      const kept = await new ExperimentFolder(runtime.home).load(invocation.arguments[0] ?? '');
      const known = await runtime.lake.tableExists({ namespace: 'gold', name: 'experiment_results' });
      const observed = known ? await observedOf(runtime, kept) : [];
      const { assigned, crossed } = known ? await assignedOf(runtime, kept) : { assigned: {}, crossed: 0 };
      const report = reportOn(kept, observed, { plannedUnits: kept.plannedUnits, assigned, crossed });
      present(invocation, { ...report, state: kept.state, assigned }, () => printReport(invocation.terminal, kept, report, assigned));
    });
  },
};

type Result = [variant: string, attribute: string, segment: string, outcome: string, hours: number | bigint, measure: string, units: number | bigint, y: number, yy: number, x: number, xx: number, xy: number];

/** Sums of each variant and segment, a metric of the experiment. */
async function observedOf(runtime: Runtime, { name, primary, guardrails }: KeptExperiment): Promise<Observed[]> {
  const { rows } = await (await runtime.engine()).query(`SELECT variant, attribute, segment, outcome, window_hours, measure, units, y, yy, x, xx, xy FROM gold.experiment_results WHERE experiment = '${name}' ORDER BY 1, 2, 3, 4, 5, 6`);
  return (rows as Result[]).flatMap(([variant, attribute, segment, outcome, hours, measure, units, y, yy, x, xx, xy]): Observed[] =>
    [primary, ...guardrails].filter((metric) => metric.kind === measure && metric.outcome === outcome && metric.windowHours === Number(hours))
      .map((metric) => ({ variant, metric: metric.name, units: Number(units), y, yy, x, xx, xy, ...(attribute === '' ? {} : { segment: `${attribute} ${segment}` }) })));
}

/** Units by the variant that they were seen in first, and how many of all were seen in another one later. */
async function assignedOf(runtime: Runtime, { name }: KeptExperiment): Promise<{ assigned: Record<string, number>; crossed: number }> {
  const { rows } = await (await runtime.engine()).query(`
SELECT variant, count(*), count_if(least_variant <> greatest_variant)
FROM (SELECT variant, row_number() OVER (PARTITION BY unit ORDER BY predicted_at, prediction_id) AS exposure, min(variant) OVER (PARTITION BY unit) AS least_variant, max(variant) OVER (PARTITION BY unit) AS greatest_variant
      FROM silver.predictions WHERE experiment = '${name}' AND unit IS NOT NULL AND NOT fallback) AS seen
WHERE exposure = 1
GROUP BY variant`);
  const counted = (rows as [string, number | bigint, number | bigint][]).map(([variant, units, crossed]) => ({ variant, units: Number(units), crossed: Number(crossed) }));
  return { assigned: Object.fromEntries(counted.map(({ variant, units }) => [variant, units])), crossed: counted.reduce((sum, { crossed }) => sum + crossed, 0) };
}

function printReport(terminal: Terminal, { name, hypothesis, state, primary, plannedUnits, alpha }: KeptExperiment, { verdict, mismatch, comparisons, segments, notes }: ExperimentReport, assigned: Readonly<Record<string, number>>): void {
  const units = Object.values(assigned).reduce((sum, count) => sum + count, 0);
  const size = primary.kind === 'ratio' ? `${number(units)} units, planned for ${number(plannedUnits)} occasions (${primary.outcome})` : `${number(units)} of ${number(plannedUnits)} planned units`;
  terminal.out(`${paint(terminal, 'bold', name)} · ${state} · ${size}\nhypothesis: ${hypothesis}\n\n`);
  if (comparisons.length === 0) terminal.out('  nothing to compare yet: run the batch once answers and outcomes are in\n');
  else printComparisons(terminal, comparisons);
  printSegments(terminal, segments);
  for (const note of notes) terminal.out(`\n  ${paint(terminal, 'yellow', '!')} ${note}\n`);
  terminal.out('\n');
  for (const [variant, word] of Object.entries(verdict)) terminal.out(`  ${variant}: ${paint(terminal, word === 'better' ? 'green' : word === 'undecided' ? 'dim' : 'red', WORDS[word](primary))}\n`);
  if (comparisons.some(({ difference }) => difference !== undefined)) terminal.out(`  each interval holds at every look, however often: ${percent(1 - alpha)} over all of them together\n`);
  if (units > 0) terminal.out(`  units as they should be: ${mismatch.found ? paint(terminal, 'red', 'no') : 'yes'} (p ${mismatch.pValue.toPrecision(2)})\n`);
}

function printComparisons(terminal: Terminal, comparisons: readonly Comparison[]): void {
  terminal.out(table(terminal, ['', 'metric', 'variant', 'control', 'variant is', 'change', 'interval', 'p'], comparisons.map((one) => [
    one.role === 'primary' ? '→' : one.broken === true ? paint(terminal, 'red', '✖') : '', one.metric, one.variant, figure(one.controlMean), figure(one.variantMean), ...changeOf(one),
  ])));
  const removed = comparisons.find(({ role, difference }) => role === 'primary' && difference !== undefined)?.difference?.varianceRemoved ?? 0;
  if (removed > 0.01) terminal.out(`  what units did before took ${percent(removed)} of the noise out\n`);
}

function printSegments(terminal: Terminal, segments: readonly Comparison[]): void {
  const shown = segments.filter(({ role }) => role === 'primary');
  if (shown.length === 0) return;
  terminal.out(`\n${table(terminal, ['segment, for reading only', 'variant', 'units', 'control', 'variant is', 'change', 'interval'], shown.map((one) => [
    one.segment ?? '', one.variant, number(one.units[0] + one.units[1]), figure(one.controlMean), figure(one.variantMean), ...changeOf(one).slice(0, 2),
  ]))}`);
}

const WORDS: Readonly<Record<ExperimentReport['verdict'][string], (primary: Metric) => string>> = {
  better: ({ outcome }) => `better on ${outcome}`, worse: ({ outcome }) => `worse on ${outcome}`, harmful: () => 'breaks a guardrail', undecided: () => 'nothing is proven yet', invalid: () => 'invalid: the variants do not have the units they should',
};

function changeOf({ difference, units }: Comparison): [string, string, string] {
  if (difference === undefined) return ['', Math.min(...units) < MINIMUM_UNITS ? 'too few units' : 'too little to tell yet', ''];
  const [low, high] = difference.relativeInterval;
  const interval = Number.isFinite(high) ? `${change(low)} to ${change(high)}` : Number.isFinite(low) ? `${change(low)} or more` : 'cannot be told yet';
  return [change(difference.relative), interval, difference.pValue.toPrecision(2)];
}

function figure(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(4) : '';
}
