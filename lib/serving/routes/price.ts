// POST /v1/price: what items should cost now.
import { Type } from '@sinclair/typebox';
import { exposureOf, segmentsOf, type Variant as ExperimentVariant } from '../../experiments/index.ts';
import { guardedPrice, hasPrice, type PricePolicy } from '../../pricing/index.ts';
import type { PredictionRecord, PriceListPart, Prices, ServingContext } from '../context.ts';
import { Problem } from '../problem.ts';
import { route } from '../route.ts';
import { Attributes, Id, OrNull, Unit, Variant } from '../schemas.ts';

/** The policy that takes its prices from the list that was computed before. */
const LIST = 'list';

export const priceRoute = route({
  method: 'post', path: '/v1/price', tag: 'prices', idempotent: true,
  summary: 'What items should cost now',
  description: 'Whatever the policy proposes, the guardrails are kept; `limits` says which of them changed the price. With `precomputed` the price is that of the list that `millrace prices compute` made, if one holds. An item that nothing is known of, or whose current price is none, comes back with `price: null`. Where the policy fails for an item, that item\'s answer is its current price within the guardrails, marked as a fall-back, with `policy_failed` in `limits`. While the log takes no answer, no policy answers: the price is that of the list, else the current one, marked as a fall-back.',
  scope: () => 'price',
  body: Type.Object({
    skus: Type.Array(Id, { minItems: 1, maxItems: 1_000 }), precomputed: Type.Optional(Type.Boolean({ description: 'From the list of prices that was handed over; no experiment decides then.' })), unit: Unit, attributes: Attributes,
  }, { additionalProperties: false }),
  answer: Type.Object({
    currency: Type.String(), version: Type.String(), policy: Type.String(), ...Variant,
    prices: Type.Array(Type.Object({
      prediction_id: Type.String(), sku: Type.String(), price: OrNull(Type.Number()), current_price: OrNull(Type.Number()), proposed: OrNull(Type.Number()),
      reason: Type.String(), limits: Type.Array(Type.String()), fallback: Type.Boolean(), valid_to: Type.Optional(Type.String({ format: 'date-time', description: 'Of a price of the list: until when it holds.' })),
    })),
  }),
  loggedAs: '/prices/0/prediction_id',
  problems: { 503: 'There are no prices yet.' },
  example: { skus: ['00b062c62dad9b6ca532218598ecb1b0'] },
  async handle(context, { body, key }) {
    const started = performance.now();
    const { prices } = context;
    if (prices === undefined) throw new Problem(503, 'Not ready', 'there are no prices yet; run the batch first');
    const isUnlogged = context.log.isFull === true;
    const { policyName, experiment, variant, needsList } = body.precomputed === true ? FROM_LIST : isUnlogged ? unlogged(prices) : policyOf(context, body.unit, body.attributes);
    const now = context.clock.now();
    const held = needsList ? await prices.listed?.(body.skus, now).catch(() => undefined) : undefined;
    const list = policyName === LIST ? held : undefined;
    const policy = isUnlogged ? AS_IT_IS : prices.policies[policyName] ?? prices.policies[prices.policy] ?? prices.policies['rule']!;
    const version = list?.header.listId ?? prices.version;
    const request = context.ids.prediction();
    const answers = body.skus.map((sku) => ({ prediction_id: context.ids.prediction(), sku, ...(fromList(list, sku, isUnlogged) ?? computed(prices, policy, sku, { unit: body.unit, why: isUnlogged ? 'log_full' : policyName === LIST ? 'no_list' : undefined })) }));
    const latency = performance.now() - started;
    const by = list === undefined ? `${policy.name}${policy.version === undefined ? '' : ` ${policy.version}`}` : LIST;
    context.log.predicted(answers.map(({ arm, why, ...answer }): PredictionRecord => {
      // A price that no policy can move is the same in every variant: who asked for it has seen nothing of the experiment. Nor has anybody, whatever the variant, while one of them
      // would have had to say what a list says, and none does. A policy that fails is part of its variant: who was left out for that would be missing in that variant alone.
      const isExposed = (!answer.fallback || why === POLICY_FAILED) && !answer.limits.includes('blocked') && (!needsList || held?.prices.has(answer.sku) === true);
      return {
        prediction_id: answer.prediction_id, request_id: request, predicted_at: now, kind: 'price', version: `${version}:${by}`, ...(isExposed ? { experiment, variant } : { experiment: null, variant: null }),
        unit: body.unit ?? null, ...segmentsOf(body.attributes), entity: JSON.stringify({ sku: answer.sku }), features: JSON.stringify({ ...prices.situationOf(answer.sku), ...(arm === undefined ? {} : { arm: armText(arm) }) }),
        response: JSON.stringify(answer), score: answer.price, fallback: answer.fallback, ...(why === undefined ? {} : { reason: why }), key_id: key!.id, latency_ms: latency,
      };
    }));
    return {
      currency: prices.currency, version, policy: list === undefined ? policy.name : LIST, experiment, variant,
      prices: answers.map(({ arm: _arm, why: _why, ...answer }) => answer),
    };
  },
});

/** As text: SQL reads it from the log, where a number with a fraction cannot be taken out of JSON alike by every engine. */
function armText(arm: number): string {
  return arm.toFixed(4);
}

interface Answer { price: number | null; current_price: number | null; proposed: number | null; reason: string; limits: string[]; fallback: boolean; valid_to?: string; arm?: number; why?: Why }

/** Why it is a fall-back, as it is logged. */
type Why = 'item_unknown' | 'price_unknown' | 'policy_failed' | 'no_list' | 'log_full';

const POLICY_FAILED = 'policy_failed';
const NOT_LOGGED = 'the log of answers is full';

/** Nothing is learned from an answer that is not logged, and nobody could account for it: the price stays. */
const AS_IT_IS: PricePolicy = { name: 'current', propose: ({ currentPrice }) => ({ price: currentPrice, reason: 'the current price' }) };

function fromList(list: PriceListPart | undefined, sku: string, isUnlogged: boolean): Answer | undefined {
  const listed = list?.prices.get(sku);
  if (listed === undefined) return undefined;
  const why: Why | undefined = isUnlogged ? 'log_full' : listed.limits.includes(POLICY_FAILED) ? POLICY_FAILED : undefined;
  return {
    price: listed.price, current_price: listed.previousPrice, proposed: listed.price, reason: isUnlogged ? `${NOT_LOGGED}; of the list: ${listed.reason}` : listed.reason, limits: [...listed.limits],
    fallback: why !== undefined, ...(why === undefined ? {} : { why }), valid_to: new Date(list!.header.validTo).toISOString(),
  };
}

function computed(prices: Prices, policy: PricePolicy, sku: string, { unit, why: given }: { unit: string | undefined; why: Why | undefined }): Answer {
  const situation = prices.situationOf(sku);
  if (situation === undefined) return { price: null, current_price: null, proposed: null, reason: 'nothing is known of this item', limits: [], fallback: true, why: 'item_unknown' };
  if (!hasPrice(situation, prices.guardrails)) return { price: null, current_price: null, proposed: null, reason: 'its current price is no price', limits: [], fallback: true, why: 'price_unknown' };
  const { price, proposed, reason, limits, arm } = guardedPrice(policy, unit === undefined ? situation : { ...situation, unit }, prices.guardrails);
  const why = limits.includes(POLICY_FAILED) ? POLICY_FAILED : given;
  return {
    price, proposed, current_price: situation.currentPrice, limits: [...limits], fallback: why !== undefined, ...(why === undefined ? {} : { why }), ...(arm === undefined ? {} : { arm }),
    reason: given === 'no_list' ? `no list holds for it; by the policy ${policy.name}: ${reason}` : given === 'log_full' ? `${NOT_LOGGED}: ${reason}` : reason,
  };
}

interface Decided { policyName: string; experiment: string | null; variant: string | null; needsList: boolean }

const FROM_LIST: Decided = { policyName: LIST, experiment: null, variant: null, needsList: true };

/** Whose answer is in no log takes part in nothing. */
function unlogged({ policy }: Prices): Decided {
  return { policyName: policy, experiment: null, variant: null, needsList: policy === LIST };
}

function policyOf({ experiments, prices }: ServingContext, unit: string | undefined, attributes: Readonly<Record<string, string>> | undefined): Decided {
  const nameOf = ({ settings }: ExperimentVariant): string => String(settings['policy'] ?? prices!.policy);
  const exposure = exposureOf(experiments, 'price', () => unit, attributes, (variant) => nameOf(variant) === LIST || prices!.policies[nameOf(variant)] !== undefined);
  if (exposure === undefined) return { policyName: prices!.policy, experiment: null, variant: null, needsList: prices!.policy === LIST };
  const all = experiments.find(({ name }) => name === exposure.experiment)?.variants ?? [];
  return { policyName: nameOf(exposure.variant), experiment: exposure.experiment, variant: exposure.variant.name, needsList: all.some((variant) => nameOf(variant) === LIST) };
}
