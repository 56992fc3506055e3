// An experiment as it is declared, checked before anyone is assigned.
import { MillraceError } from '../base/index.ts';
import type { Experiment, Metric, Variant } from './types.ts';

/** Windows that `gold.experiment_results` has sums of, hours. */
export const ATTRIBUTION_HOURS: readonly number[] = Object.freeze([24, 72, 168, 720]);

/** What `/v1/outcomes` takes. */
export const OUTCOMES = ['purchase', 'cart', 'abandonment', 'view', 'churn', 'delivered', 'other'] as const;

/** How long after an exposure an outcome counts unless the metric says otherwise: a cart is filled or left on the same day, a purchase takes a week. */
const USUAL_HOURS: Readonly<Record<string, number>> = { cart: 24, abandonment: 24, view: 24, purchase: 168, delivered: 720, churn: 720 };

/** Outcomes of which fewer are better. */
const UNWANTED: ReadonlySet<string> = new Set(['abandonment', 'churn']);

type MetricDeclaration = Pick<Metric, 'kind' | 'outcome'> & Partial<Pick<Metric, 'windowHours' | 'higherIsBetter' | 'margin'>>;

export interface ExperimentDeclaration {
  hypothesis: string;
  unit?: string;
  layer?: string;
  slots?: readonly [number, number];
  ramp?: number;
  salt?: string;
  /** The first is the control. */
  variants: Readonly<Record<string, { weight?: number; settings?: Variant['settings'] }>>;
  targeting?: Experiment['targeting'];
  primary: MetricDeclaration & { name: string };
  guardrails?: Readonly<Record<string, MetricDeclaration>>;
  alpha?: number;
}

const KINDS: readonly Metric['kind'][] = ['proportion', 'mean', 'ratio'];

const NAME = /^[a-z][a-z0-9_-]{0,62}$/;

/**
 * ```ts
 * experiment('free_shipping_79', {
 *   hypothesis: 'Free shipping from 79 instead of 99 brings more orders than it costs.',
 *   variants: { control: { settings: { threshold: 99 } }, lower: { settings: { threshold: 79 } } },
 *   primary: { name: 'orders', kind: 'proportion', outcome: 'purchase' },
 *   guardrails: { revenue: { kind: 'mean', outcome: 'purchase', margin: 0.02 } },
 * });
 * ```
 * @throws MillraceError `bad_input` that names what is wrong with it.
 */
export function experiment(name: string, declared: ExperimentDeclaration): Experiment {
  const wrong = (message: string, todo: string) => new MillraceError('bad_input', message, { where: `experiment ${name}`, todo });
  if (!NAME.test(name)) throw wrong('the name is not one that can be kept', 'Use letters, digits, _ and -, from a letter on, in lower case.');
  const variants = Object.entries(declared.variants).map(([variant, { weight = 1, settings = {} }]) => ({ name: variant, weight, settings }));
  if (variants.length < 2) throw wrong('it has fewer than two variants', 'Declare a control and at least one treatment.');
  const odd = variants.find((variant) => !NAME.test(variant.name) || !(variant.weight > 0 && Number.isFinite(variant.weight)));
  if (odd !== undefined) throw wrong(`the variant '${odd.name}' needs a plain name and a weight above 0`, 'A share of 0 is a variant left out.');
  const { slots = [0, 1], ramp = 1, alpha = 0.05 } = declared;
  if (!(slots[0] >= 0 && slots[0] < slots[1] && slots[1] <= 1)) throw wrong(`slots [${slots.join(', ')}] are no part of the layer`, 'Give [from, to) within [0, 1].');
  if (!(ramp >= 0 && ramp <= 1)) throw wrong(`a ramp of ${ramp} is no share`, 'Give a number from 0 to 1.');
  if (!(alpha > 0 && alpha < 0.5)) throw wrong(`alpha ${alpha} is no chance of a false alarm`, 'Give a number such as 0.05.');
  const { name: primaryName, ...primary } = declared.primary;
  if (Object.hasOwn(declared.guardrails ?? {}, primaryName)) throw wrong(`the metric and a guardrail are both called '${primaryName}'`, 'Give each a name of its own.');
  for (const { kind, outcome, windowHours = 168, margin = 0 } of [primary, ...Object.values(declared.guardrails ?? {})]) {
    if (!KINDS.includes(kind)) throw wrong(`a metric cannot be a '${kind}'`, `Choose one of ${KINDS.join(', ')}.`);
    if (!OUTCOMES.some((one) => one === outcome)) throw wrong(`nobody can report the outcome '${outcome}'`, `The API takes ${OUTCOMES.join(', ')}.`);
    if (!ATTRIBUTION_HOURS.includes(windowHours)) throw wrong(`outcomes cannot be attributed within ${windowHours} hours`, `Choose one of ${ATTRIBUTION_HOURS.join(', ')}.`);
    if (!(margin >= 0 && margin < 1)) throw wrong(`a margin of ${margin} is no share`, 'Give how much worse is still accepted, as 0.02.');
  }
  return Object.freeze({
    name, hypothesis: declared.hypothesis, unit: declared.unit ?? 'visitor', layer: declared.layer ?? name, slots, ramp, salt: declared.salt ?? name,
    variants, targeting: declared.targeting ?? {}, primary: metric(primaryName, primary), alpha,
    guardrails: Object.entries(declared.guardrails ?? {}).map(([guardrail, each]) => metric(guardrail, each)),
  });
}

function metric(name: string, { kind, outcome, windowHours = USUAL_HOURS[outcome] ?? 168, higherIsBetter = !UNWANTED.has(outcome), margin }: MetricDeclaration): Metric {
  return { name, kind, outcome, windowHours, higherIsBetter, ...(margin === undefined ? {} : { margin }) };
}

/** Throws `conflict` where two experiments of one layer, or two that decide the same, may take the same unit. */
export function checkLayers(experiments: readonly (Experiment & { subject?: string })[]): void {
  for (const [index, one] of experiments.entries()) {
    for (const other of experiments.slice(index + 1)) {
      const isOneLayer = one.layer === other.layer;
      if (isOneLayer && other.slots[0] < one.slots[1] && one.slots[0] < other.slots[1]) {
        throw new MillraceError('conflict', `the experiments ${one.name} and ${other.name} share slots of the layer ${one.layer}`, {
          todo: 'Give each slots of its own, for example [0, 0.5] and [0.5, 1], or another layer.',
        });
      }
      if (!isOneLayer && one.subject !== undefined && one.subject === other.subject && !areApart(one, other)) {
        throw new MillraceError('conflict', `the experiments ${one.name} and ${other.name} both decide on ${one.subject}, and a unit of both would only be in one`, {
          todo: `Give both one layer with slots of their own (--layer ${one.subject.replace(':', '_')} --slots 0-0.5, and 0.5-1), or other targets.`,
        });
      }
    }
  }
}

/** Whether no request can be meant by both: they target other values of one attribute. */
function areApart({ targeting: one }: Experiment, { targeting: other }: Experiment): boolean {
  return Object.entries(one).some(([attribute, values]) => other[attribute] !== undefined && !other[attribute].some((value) => values.includes(value)));
}
