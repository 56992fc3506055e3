// What experiments are declared by on the command line: metrics, variants, targets and shares as people type them.
import { MillraceError } from '../base/index.ts';
import { OUTCOMES, type Metric, type Variant } from '../experiments/index.ts';
import { POLICY_NAMES } from '../pricing/index.ts';
import type { Invocation } from './verb.ts';

/** An option that takes several words; none where it was not given. */
export function wordsOf({ options }: Invocation, name: string): readonly string[] {
  const given = options[name];
  return Array.isArray(given) ? given : [];
}

/** `proportion:purchase` */
export function metricOf(text: string): [Metric['kind'], string] {
  const [kind, outcome = ''] = text.split(':');
  if (kind !== 'proportion' && kind !== 'mean' && kind !== 'ratio') throw new MillraceError('usage', `'${text}' is no metric`, { todo: 'Write proportion:purchase, mean:purchase or ratio:purchase.' });
  if (!OUTCOMES.some((one) => one === outcome)) throw new MillraceError('usage', `nobody can report the outcome '${outcome}' of '${text}'`, { todo: `The API takes ${OUTCOMES.join(', ')}.` });
  return [kind, outcome];
}

/** `mean:purchase:0.02`: a metric, and how much worse is still accepted. */
export function guardrailOf(text: string): [name: string, { kind: Metric['kind']; outcome: string; margin: number }] {
  const [[kind, outcome], margin = '0'] = [metricOf(text), text.split(':')[2]];
  return [`${kind}_${outcome}_guardrail`, { kind, outcome, margin: Number(margin) }];
}

/** `lower:threshold=79,weight=2` */
export function variantOf(text: string): [string, { weight?: number; settings: Variant['settings'] }] {
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
export function targetOf(text: string): [string, string[]] {
  const [attribute = '', values = ''] = text.split('=');
  if (attribute === '' || values === '') throw new MillraceError('usage', `'${text}' targets nobody`, { todo: 'Write attribute=value or attribute=value,value, as device=mobile,app.' });
  return [attribute, values.split(',')];
}

/** As 0.5 or 50%; NaN for what is neither. */
export function numberOf(text: string): number {
  const [, digits = text, percent] = /^(.*?)\s*(%)?$/s.exec(text.trim()) ?? [];
  const value = digits.trim() === '' ? Number.NaN : Number(digits);
  return percent === undefined ? value : value / 100;
}

/** As 0.5 or 50%; what is left out is no share. */
export function shareOf(name: string, text: string): number {
  const share = numberOf(text);
  if (!(share >= 0 && share <= 1)) throw new MillraceError('usage', `${name} is '${text}'`, { todo: 'Give a number from 0 to 1, or a percentage: 0.1 or 10%.' });
  return share;
}

/** What a variant may set, by what the experiment is about. */
export function checkSettings(subject: string, variants: readonly Variant[]): void {
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
