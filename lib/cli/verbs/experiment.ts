// millrace experiment create|start|ramp|stop|list|report: an A/B test, its size before, and an honest report after.
import { MillraceError } from '../../base/index.ts';
import { ATTRIBUTION_HOURS, experiment as declare, MINIMUM_UNITS, OUTCOMES, reportOn, unitsNeeded, type Comparison, type ExperimentReport, type Metric, type Observed, type Variant } from '../../experiments/index.ts';
import { checkNoCanary, ExperimentFolder, predictorsOf, registryOf, type KeptExperiment, type Runtime } from '../../local/index.ts';
import { POLICY_NAMES } from '../../pricing/index.ts';
import { withRuntime } from '../runtime.ts';
import { number, paint, table, type Terminal } from '../terminal.ts';
import { present, type Invocation, type Verb } from '../verb.ts';

export const experimentCreate: Verb = {
  description: 'Nobody is assigned before `experiment start`. A variant is a name with the settings that it brings: alias=challenger for a model, policy=model for prices, threshold=79 for shipping. The first variant is the control.',
  options: [
    { flags: '--subject <what>', description: 'predict:<predictor>, price or shipping', default: 'shipping' },
    { flags: '--variants <variants...>', description: 'control:threshold=99 lower:threshold=79; a weight=2 beside a setting gives a variant twice the share' },
    { flags: '--metric <metric>', description: 'kind:outcome, as proportion:purchase, mean:purchase or ratio:purchase (value a purchase)', default: 'proportion:purchase' },
    { flags: '--window <hours>', description: `outcomes of the metric count so long after the first exposure: ${ATTRIBUTION_HOURS.join(', ')}; default: 24 for a cart and its abandonment, 168 for a purchase` },
    { flags: '--guardrail <metrics...>', description: 'kind:outcome:margin, as mean:purchase:0.02: how much worse is still accepted' },
    { flags: '--baseline <number>', description: "the metric's value today: of a proportion the share of units (default 0.05), of a mean what a unit brings, of a ratio what an occasion brings" },
    { flags: '--deviation <number>', description: 'standard deviation of that, for a mean and a ratio' },
    { flags: '--uplift <share>', description: 'the smallest change worth finding, relative', default: '0.1' },
    { flags: '--unit <unit>', description: 'who is assigned: visitor or customer', default: 'visitor' },
    { flags: '--layer <layer>', description: 'experiments of one layer never share a unit' },
    { flags: '--slots <from-to>', description: 'the part of the layer, as 0-0.5', default: '0-1' },
    { flags: '--target <attributes...>', description: 'only requests that say so: device=mobile,app country=BR' },
    { flags: '--ramp <share>', description: 'share of the units that take part', default: '1' },
    { flags: '--alpha <share>', description: 'chance of a false alarm of the metric, over all looks together', default: '0.05' },
    { flags: '--hypothesis <text>', description: 'what you expect, and why', default: 'The treatment is better.' },
  ],
  examples: ['millrace experiment create free_79 --subject shipping --variants control:threshold=99 lower:threshold=79 --baseline 0.04 --uplift 0.1', 'millrace experiment create new_model --subject predict:conversion --variants control treated:alias=challenger'],
  async run(invocation) {
    const { options } = invocation;
    const text = (name: string): string => String(options[name] ?? '');
    const variants = Array.isArray(options['variants']) ? options['variants'] : [];
    const [kind, outcome] = metricOf(text('metric'));
    const [from, to] = text('slots').split('-').map(Number);
    const odd = repeated(variants.map((variant) => variant.split(':')[0]!));
    if (odd !== undefined) throw new MillraceError('usage', `there are two variants '${odd}'`, { todo: 'Give each a name of its own.' });
    const declared = declare(invocation.arguments[0] ?? '', {
      hypothesis: text('hypothesis'), unit: text('unit'), ...(options['layer'] === undefined ? {} : { layer: text('layer') }), slots: [from ?? Number.NaN, to ?? Number.NaN], ramp: shareOf('ramp', text('ramp')),
      variants: Object.fromEntries(variants.map(variantOf)), targeting: Object.fromEntries((Array.isArray(options['target']) ? options['target'] : []).map(targetOf)), alpha: Number(text('alpha')),
      primary: { name: `${kind}_${outcome}`, kind, outcome, ...(options['window'] === undefined ? {} : { windowHours: Number(text('window')) }) },
      guardrails: Object.fromEntries((Array.isArray(options['guardrail']) ? options['guardrail'] : []).map((one) => {
        const [guardKind, guardOutcome, margin = '0'] = [...metricOf(one), one.split(':')[2]];
        return [`${guardKind}_${guardOutcome}_guardrail`, { kind: guardKind, outcome: guardOutcome, margin: Number(margin) }];
      })),
    });
    const subject = text('subject');
    checkSettings(subject, declared.variants);
    const weights = declared.variants.map(({ weight }) => weight);
    const baseline = options['baseline'] === undefined && kind === 'proportion' ? 0.05 : Number(options['baseline'] ?? Number.NaN);
    const size = unitsNeeded({
      kind, baseline, uplift: Number(text('uplift')), alpha: declared.alpha, weights, ...(options['deviation'] === undefined ? {} : { standardDeviation: Number(text('deviation')) }),
    });
    if (Number.isNaN(size.unitsWithDailyLooks)) {
      throw new MillraceError('usage', 'the size cannot be computed from these figures', { todo: kind !== 'proportion' ? 'Give --baseline, --uplift and --deviation, as they were lately.' : 'Give a --baseline between 0 and 1 and an --uplift that leaves it there.' });
    }
    await withRuntime(invocation, async (runtime) => {
      const { home, clock } = runtime;
      await checkSubject(runtime, subject);
      const kept: KeptExperiment = { ...declared, subject, state: 'draft', createdAt: clock.now(), plannedUnits: size.unitsWithDailyLooks * declared.variants.length };
      await new ExperimentFolder(home).create(kept);
      present(invocation, { ...kept, size }, () => {
        invocation.terminal.out(`${kept.name}: ${kept.variants.map(({ name, weight }) => `${name} ${weight}`).join(' · ')}, on ${subject}\n\n`
          + `  ${sharesOf(size.unitsWithDailyLooks, kept)} find a change of ${percent(Number(text('uplift')))} four times in five, looked at daily\n`
          + `  ${sharesOf(size.unitsForOneLook, kept)} would do for a single look at the end\n\n`
          + `next   npx millrace experiment start ${kept.name}\n`);
      });
    }, { create: true });
  },
};

export const experimentRamp: Verb = {
  description: 'A higher ramp only adds units: who is in a variant stays in it. To let fewer in, stop the experiment, since who has seen it would count on.',
  examples: ['millrace experiment ramp free_79 0.5'],
  async run(invocation) {
    await withRuntime(invocation, async ({ home }) => {
      const kept = await new ExperimentFolder(home).ramp(invocation.arguments[0] ?? '', shareOf('the share', invocation.arguments[1] ?? ''));
      present(invocation, kept, () => invocation.terminal.out(`${kept.name} takes ${percent(kept.ramp).replace('+', '')} of the units\n`));
    });
  },
};

export const experimentList: Verb = {
  examples: ['millrace experiment list'],
  async run(invocation) {
    await withRuntime(invocation, async ({ home }) => {
      const all = await new ExperimentFolder(home).list();
      present(invocation, all, () => invocation.terminal.out(all.length === 0 ? 'no experiment yet\n  `millrace experiment create` makes one\n' : table(invocation.terminal, ['experiment', 'on', 'state', 'layer', 'slots', 'ramp', 'variants', 'metric'],
        all.map((one) => [one.name, one.subject, one.state, one.layer, one.slots.join('–'), String(one.ramp), one.variants.map(({ name }) => name).join(', '), one.primary.name]))));
    });
  },
};

export const experimentStart: Verb = stateChange('start', async (folder, name, runtime) => {
  await checkNoCanary(registryOf(runtime), [await folder.load(name)]);
  return folder.start(name, runtime.clock.now());
}, 'runs: the API assigns units from now on');
export const experimentStop: Verb = stateChange('stop', async (folder, name, { clock }) => folder.stop(name, clock.now()), 'is stopped: everybody gets what they got before it');

export const experimentReport: Verb = {
  description: 'Made from gold.experiment_results, as of the last run of the batch. The intervals hold however often one looks (confidence sequences), differences are adjusted by what each unit did before (CUPED), and nothing is said while the variants do not have the units they should.',
  examples: ['millrace experiment report free_79'],
  async run(invocation) {
    return withRuntime(invocation, async (runtime) => {
      const kept = await new ExperimentFolder(runtime.home).load(invocation.arguments[0] ?? '');
      const engine = await runtime.engine();
      const known = await runtime.lake.tableExists({ namespace: 'gold', name: 'experiment_results' });
      const { rows } = known ? await engine.query(`SELECT variant, attribute, segment, outcome, window_hours, measure, units, y, yy, x, xx, xy FROM gold.experiment_results WHERE experiment = '${kept.name}' ORDER BY 1, 2, 3, 4, 5, 6`) : { rows: [] };
      const observed = (rows as [string, string, string, string, number | bigint, string, number | bigint, number, number, number, number, number][]).flatMap(([variant, attribute, segment, outcome, hours, measure, units, y, yy, x, xx, xy]): Observed[] =>
        [kept.primary, ...kept.guardrails].filter((metric) => metric.kind === measure && metric.outcome === outcome && metric.windowHours === Number(hours))
          .map(({ name }) => ({ variant, metric: name, units: Number(units), y, yy, x, xx, xy, ...(attribute === '' ? {} : { segment: `${attribute} ${segment}` }) })));
      const counted = known ? await engine.query(ASSIGNED(kept.name)) : { rows: [] };
      const assigned = Object.fromEntries((counted.rows as [string, number | bigint, number | bigint][]).map(([variant, units]) => [variant, Number(units)]));
      const crossed = (counted.rows as [string, number | bigint, number | bigint][]).reduce((sum, [, , more]) => sum + Number(more), 0);
      const report = reportOn(kept, observed, { plannedUnits: kept.plannedUnits, assigned, crossed });
      present(invocation, { ...report, state: kept.state, assigned }, () => printReport(invocation.terminal, kept, report, assigned));
    });
  },
};

/** Units by the variant that they were seen in first, and how many of these were seen in another one later. */
const ASSIGNED = (name: string): string => `
SELECT variant, count(*), count_if(least_variant <> greatest_variant)
FROM (SELECT variant, row_number() OVER (PARTITION BY unit ORDER BY predicted_at, prediction_id) AS exposure, min(variant) OVER (PARTITION BY unit) AS least_variant, max(variant) OVER (PARTITION BY unit) AS greatest_variant
      FROM silver.predictions WHERE experiment = '${name}' AND unit IS NOT NULL AND NOT fallback) AS seen
WHERE exposure = 1
GROUP BY variant`;

/** Of a running experiment on a model: what a variant is to be answered by, and is not there. */
async function missingAlias(runtime: Runtime, { subject, state, variants }: KeptExperiment): Promise<string | undefined> {
  if (state !== 'running' || !subject.startsWith('predict:')) return undefined;
  const aliases = await registryOf(runtime).aliases(subject.slice('predict:'.length));
  return variants.map(({ settings }) => (settings['alias'] === 'challenger' ? 'challenger' : 'champion')).find((alias) => aliases[alias] === undefined);
}

function stateChange(word: 'start' | 'stop', change: (folder: ExperimentFolder, name: string, runtime: Runtime) => Promise<KeptExperiment>, says: string): Verb {
  return {
    examples: [`millrace experiment ${word} free_79`],
    async run(invocation: Invocation) {
      await withRuntime(invocation, async (runtime) => {
        const kept = await change(new ExperimentFolder(runtime.home), invocation.arguments[0] ?? '', runtime);
        const missing = await missingAlias(runtime, kept);
        present(invocation, { ...kept, ...(missing === undefined ? {} : { missing }) }, () => {
          invocation.terminal.out(`${kept.name} ${says}\n`);
          if (missing !== undefined) invocation.terminal.out(`  ${paint(invocation.terminal, 'yellow', '!')} ${kept.subject.slice('predict:'.length)} has no ${missing} in this home yet: nobody takes part here until \`millrace promote\` makes one\n`);
        });
      });
    },
  };
}

function printReport(terminal: Terminal, { name, hypothesis, state, primary, plannedUnits, alpha }: KeptExperiment, { verdict, mismatch, comparisons, segments, notes }: ExperimentReport, assigned: Readonly<Record<string, number>>): void {
  const units = Object.values(assigned).reduce((sum, count) => sum + count, 0);
  terminal.out(`${paint(terminal, 'bold', name)} · ${state} · ${number(units)} of ${number(plannedUnits)} planned units\n${hypothesis}\n\n`);
  if (comparisons.length === 0) {
    terminal.out('  nothing to compare yet: run the batch once answers and outcomes are in\n');
  } else {
    terminal.out(table(terminal, ['', 'metric', 'variant', 'control', 'variant is', 'change', 'interval', 'p'], comparisons.map((one) => [
      one.role === 'primary' ? '→' : one.broken === true ? paint(terminal, 'red', '✖') : '', one.metric, one.variant, figure(one.controlMean), figure(one.variantMean), ...changeOf(one),
    ])));
    const removed = comparisons.find(({ role, difference }) => role === 'primary' && difference !== undefined)?.difference?.varianceRemoved ?? 0;
    if (removed > 0.01) terminal.out(`  what units did before took ${percent(removed).replace('+', '')} of the noise out\n`);
  }
  const shown = segments.filter(({ role }) => role === 'primary');
  if (shown.length > 0) {
    terminal.out(`\n${table(terminal, ['segment, for reading only', 'variant', 'units', 'control', 'variant is', 'change', 'interval'], shown.map((one) => [
      one.segment ?? '', one.variant, number(one.units[0] + one.units[1]), figure(one.controlMean), figure(one.variantMean), ...changeOf(one).slice(0, 2),
    ]))}`);
  }
  for (const note of notes) terminal.out(`\n  ${paint(terminal, 'yellow', '!')} ${note}\n`);
  terminal.out('\n');
  for (const [variant, word] of Object.entries(verdict)) terminal.out(`  ${variant}: ${paint(terminal, word === 'better' ? 'green' : word === 'undecided' ? 'dim' : 'red', WORDS[word](primary))}\n`);
  if (comparisons.some(({ difference }) => difference !== undefined)) terminal.out(`  each interval holds at every look, however often: ${percent(1 - alpha).replace('+', '')} over all of them together\n`);
  if (units > 0) terminal.out(`  units as they should be: ${mismatch.found ? paint(terminal, 'red', 'no') : 'yes'} (p ${mismatch.pValue.toPrecision(2)})\n`);
}

const WORDS: Readonly<Record<ExperimentReport['verdict'][string], (primary: Metric) => string>> = {
  better: ({ outcome }) => `better on ${outcome}`, worse: ({ outcome }) => `worse on ${outcome}`, harmful: () => 'breaks a guardrail', undecided: () => 'nothing is proven yet', invalid: () => 'invalid: the variants do not have the units they should',
};

function changeOf({ difference, units }: Comparison): [string, string, string] {
  if (difference === undefined) return ['', Math.min(...units) < MINIMUM_UNITS ? 'too few units' : 'too little to tell yet', ''];
  const [low, high] = difference.relativeInterval;
  const interval = Number.isFinite(high) ? `${percent(low)} to ${percent(high)}` : Number.isFinite(low) ? `${percent(low)} or more` : 'cannot be told yet';
  return [percent(difference.relative), interval, difference.pValue.toPrecision(2)];
}

function figure(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(4) : '';
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${share >= 0 ? '+' : ''}${(share * 100).toFixed(1)} %` : '';
}

function metricOf(text: string): [Metric['kind'], string] {
  const [kind, outcome = ''] = text.split(':');
  if (kind !== 'proportion' && kind !== 'mean' && kind !== 'ratio') throw new MillraceError('usage', `'${text}' is no metric`, { todo: 'Write proportion:purchase, mean:purchase or ratio:purchase.' });
  if (!OUTCOMES.some((one) => one === outcome)) throw new MillraceError('usage', `nobody can report the outcome '${outcome}' of '${text}'`, { todo: `The API takes ${OUTCOMES.join(', ')}.` });
  return [kind, outcome];
}

/** `lower:threshold=79,weight=2` */
function variantOf(text: string): [string, { weight?: number; settings: Variant['settings'] }] {
  const [name = '', settings = ''] = text.split(/:(.*)/s);
  const pairs = settings.split(',').filter((pair) => pair !== '').map((pair) => {
    const [key = '', value] = pair.split('=');
    if (value === undefined) throw new MillraceError('usage', `'${pair}' of the variant '${name}' sets nothing`, { todo: 'Write name:setting=value, as lower:threshold=79.' });
    return [key, value === '' || Number.isNaN(Number(value)) ? value : Number(value)] as const;
  });
  const { weight, ...rest } = Object.fromEntries(pairs) as Record<string, string | number>;
  return [name, { ...(weight === undefined ? {} : { weight: Number(weight) }), settings: rest }];
}

/** `device=mobile,app` */
function targetOf(text: string): [string, string[]] {
  const [attribute = '', values = ''] = text.split('=');
  if (attribute === '' || values === '') throw new MillraceError('usage', `'${text}' targets nobody`, { todo: 'Write attribute=value or attribute=value,value, as device=mobile,app.' });
  return [attribute, values.split(',')];
}

/** As 0.5; what is left out is no share. */
function shareOf(name: string, text: string): number {
  const share = text.trim() === '' ? Number.NaN : Number(text);
  if (!(share >= 0 && share <= 1)) throw new MillraceError('usage', `${name} is '${text}'`, { todo: 'Give a number from 0 to 1.' });
  return share;
}

function repeated(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}

/** How many of what, in each variant, or by variant where their shares differ. */
function sharesOf(each: number, { variants, unit, primary }: KeptExperiment): string {
  const total = variants.reduce((sum, { weight }) => sum + weight, 0);
  const what = primary.kind === 'ratio' ? `occasions (${primary.outcome})` : `${unit}s`;
  if (variants.every(({ weight }) => weight === variants[0]!.weight)) return `${number(each)} ${what} in each variant`;
  return `${number(each * variants.length)} ${what} (${variants.map(({ name, weight }) => `${name} ${number(Math.ceil((each * variants.length * weight) / total))}`).join(', ')})`;
}

/** @throws `usage` for what nothing decides on. */
async function checkSubject(runtime: Runtime, subject: string): Promise<void> {
  const predictor = /^predict:(.*)$/.exec(subject)?.[1];
  if (predictor === undefined) return;
  const declared = [...(await predictorsOf(runtime)).keys()];
  if (!declared.includes(predictor)) throw new MillraceError('usage', `there is no predictor '${predictor}' to experiment with`, { todo: `There are ${declared.join(', ')}.` });
}

/** What a variant may set, by what the experiment is about. */
function checkSettings(subject: string, variants: readonly Variant[]): void {
  if (!/^(predict:.*|price|shipping)$/.test(subject)) throw new MillraceError('usage', `an experiment cannot be about '${subject}'`, { todo: 'Give predict:<predictor>, price or shipping.' });
  const [wanted, example] = subject === 'price' ? ['policy', 'policy=model'] as const : subject === 'shipping' ? ['threshold', 'threshold=79'] as const : ['alias', 'alias=challenger'] as const;
  const isAllowed: Record<typeof wanted, (value: unknown) => boolean> = {
    policy: (value) => POLICY_NAMES.some((policy) => policy === value),
    threshold: (value) => typeof value === 'number' && value >= 0,
    alias: (value) => value === 'champion' || value === 'challenger',
  };
  for (const { name, settings } of variants) {
    for (const [setting, value] of Object.entries(settings)) {
      if (setting !== wanted || !isAllowed[setting](value)) throw new MillraceError('usage', `the variant '${name}' cannot set ${setting} to ${String(value)} in an experiment on ${subject}`, { todo: `Write ${name}:${example}${wanted === 'policy' ? `; there are ${POLICY_NAMES.join(', ')}` : ''}.` });
    }
  }
  if (new Set(variants.map(({ settings }) => JSON.stringify(settings))).size < 2) throw new MillraceError('usage', 'all variants do the same', { todo: `Let one of them differ, as lower:${example}.` });
}
