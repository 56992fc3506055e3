// millrace experiment create: an A/B test as it was thought out, and its size before.
import { MillraceError } from '../../base/index.ts';
import { ATTRIBUTION_HOURS, experiment as declare, unitsNeeded, type Experiment, type PowerAnswer } from '../../experiments/index.ts';
import { ExperimentFolder, predictorsOf, type KeptExperiment, type Runtime } from '../../local/index.ts';
import { checkSettings, guardrailOf, metricOf, numberOf, shareOf, targetOf, variantOf, wordsOf } from '../experiment-options.ts';
import { withRuntime } from '../runtime.ts';
import { change, number, percent } from '../terminal.ts';
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
    const subject = textOf(invocation, 'subject');
    const declared = declaredBy(invocation);
    checkSettings(subject, declared.variants);
    const { baseline, ...size } = sizeOf(invocation, declared);
    await withRuntime(invocation, async (runtime) => {
      await checkSubject(runtime, subject);
      const kept: KeptExperiment = { ...declared, subject, state: 'draft', createdAt: runtime.clock.now(), plannedUnits: size.unitsWithDailyLooks * declared.variants.length };
      await new ExperimentFolder(runtime.home).create(kept);
      present(invocation, { ...kept, size }, () => {
        invocation.terminal.out(`${kept.name}: ${kept.variants.map(({ name, weight }) => `${name} ${weight}`).join(' · ')}, on ${subject}\n\n`
          + `  ${sharesOf(size.unitsWithDailyLooks, kept)} find a change of ${change(numberOf(textOf(invocation, 'uplift')))} from ${declared.primary.kind === 'proportion' ? percent(baseline) : baseline} four times in five, looked at daily\n`
          + `  ${sharesOf(size.unitsForOneLook, kept)} would do for a single look at the end\n\n`
          + `next   npx millrace experiment start ${kept.name}\n`);
      });
    }, { create: true });
  },
};

const textOf = ({ options }: Invocation, name: string): string => String(options[name] ?? '');

/** The experiment that the options declare; what no experiment can be is refused here already. */
function declaredBy(invocation: Invocation): Experiment {
  const { options } = invocation;
  const text = (name: string): string => textOf(invocation, name);
  const variants = wordsOf(invocation, 'variants');
  const [kind, outcome] = metricOf(text('metric'));
  const [from, to] = text('slots').split('-').map(Number);
  if (variants.length < 2) throw new MillraceError('usage', `--variants names ${variants.length === 0 ? 'none' : 'one'}, and an experiment compares two or more`, { todo: 'Give the control first: --variants control:threshold=99 lower:threshold=79.' });
  const odd = repeated(variants.map((variant) => variant.split(':')[0]!));
  if (odd !== undefined) throw new MillraceError('usage', `there are two variants '${odd}'`, { todo: 'Give each a name of its own.' });
  return declare(invocation.arguments[0] ?? '', {
    hypothesis: text('hypothesis'), unit: text('unit'), ...(options['layer'] === undefined ? {} : { layer: text('layer') }), slots: [from ?? Number.NaN, to ?? Number.NaN], ramp: shareOf('ramp', text('ramp')),
    variants: Object.fromEntries(variants.map(variantOf)), targeting: eachOnce('target', wordsOf(invocation, 'target').map(targetOf)), alpha: numberOf(text('alpha')),
    primary: { name: `${kind}_${outcome}`, kind, outcome, ...(options['window'] === undefined ? {} : { windowHours: Number(text('window')) }) },
    guardrails: eachOnce('guardrail', wordsOf(invocation, 'guardrail').map(guardrailOf)),
  });
}

/** @throws `usage` where one is given twice: the last would count, and nobody would be told. */
function eachOnce<Value>(option: string, given: readonly (readonly [name: string, value: Value])[]): Record<string, Value> {
  const twice = repeated(given.map(([name]) => name));
  if (twice !== undefined) throw new MillraceError('usage', `--${option} gives ${twice} twice`, { todo: option === 'target' ? 'Write its values together: device=mobile,app.' : 'Give it once.' });
  return Object.fromEntries(given);
}

/** What a proportion is taken to be where nobody says. */
const USUAL_SHARE = 0.05;

/** The size, and the value of today that it stands on. @throws `usage` naming which of baseline, uplift and deviation makes none. */
function sizeOf(invocation: Invocation, { primary: { kind }, alpha, variants }: Experiment): PowerAnswer & { baseline: number } {
  const { options } = invocation;
  const given = (name: string): number => (options[name] === undefined ? Number.NaN : numberOf(textOf(invocation, name)));
  const isShare = kind === 'proportion';
  const baseline = isShare && options['baseline'] === undefined ? USUAL_SHARE : given('baseline');
  const [uplift, standardDeviation] = [given('uplift'), given('deviation')];
  const wrong = (name: string, todo: string) => new MillraceError('usage', options[name] === undefined ? `the size cannot be computed without --${name}` : `--${name} is '${textOf(invocation, name)}'`, { todo });
  if (isShare ? !(baseline > 0 && baseline < 1) : !(Number.isFinite(baseline) && baseline !== 0)) throw wrong('baseline', isShare ? 'Give the share of units today, above 0 and below 1: 0.04 or 4%.' : `Give what ${kind === 'mean' ? 'a unit' : 'an occasion'} brought lately, as a number.`);
  if (!isShare && !(standardDeviation > 0)) throw wrong('deviation', `Give the standard deviation of what ${kind === 'mean' ? 'a unit' : 'an occasion'} brought lately, a number above 0.`);
  if (!(Number.isFinite(uplift) && uplift !== 0)) throw wrong('uplift', 'Give the smallest change worth finding, relative to the baseline: 0.1 or 10%.');
  const size = unitsNeeded({ kind, baseline, uplift, alpha, weights: variants.map(({ weight }) => weight), ...(isShare ? {} : { standardDeviation }) });
  if (Number.isNaN(size.unitsWithDailyLooks)) throw wrong('uplift', `Give one that leaves ${isShare ? 'a share between 0 and 1' : 'a value above 0'}: the baseline is ${baseline}, and ${baseline} × (1 + ${uplift}) is ${Number((baseline * (1 + uplift)).toPrecision(4))}.`);
  return { ...size, baseline };
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
