// POST /v1/price: what items should cost now.
import { Type } from '@sinclair/typebox';
import { assign } from '../../experiments/index.ts';
import { guardedPrice } from '../../pricing/index.ts';
import type { PredictionRecord, ServingContext } from '../context.ts';
import { Problem } from '../problem.ts';
import { route } from '../route.ts';
import { Attributes, Id, OrNull, Unit, Variant } from '../schemas.ts';

export const priceRoute = route({
  method: 'post', path: '/v1/price', tag: 'prices', idempotent: true,
  summary: 'What items should cost now',
  description: 'Whatever the policy proposes, the guardrails are kept; `limits` says which of them changed the price. An item that nothing is known of comes back with `price: null`.',
  scope: () => 'price',
  body: Type.Object({ skus: Type.Array(Id, { minItems: 1, maxItems: 1_000 }), unit: Unit, attributes: Attributes }, { additionalProperties: false }),
  answer: Type.Object({
    currency: Type.String(), version: Type.String(), policy: Type.String(), ...Variant,
    prices: Type.Array(Type.Object({
      prediction_id: Type.String(), sku: Type.String(), price: OrNull(Type.Number()), current_price: OrNull(Type.Number()), proposed: OrNull(Type.Number()),
      reason: Type.String(), limits: Type.Array(Type.String()), fallback: Type.Boolean(),
    })),
  }),
  problems: { 503: 'There are no prices yet.' },
  example: { skus: ['p1'] },
  handle(context, { body, key }) {
    const started = performance.now();
    const { prices } = context;
    if (prices === undefined) throw new Problem(503, 'Not ready', 'there are no prices yet; run the batch first');
    const { policyName, experiment, variant } = policyOf(context, body.unit, body.attributes);
    const policy = prices.policies[policyName] ?? prices.policies[prices.policy]!;
    const [now, request] = [context.clock.now(), context.ids.prediction()];
    const answers = body.skus.map((sku) => {
      const situation = prices.situationOf(sku);
      const prediction_id = context.ids.prediction();
      if (situation === undefined) return { prediction_id, sku, price: null, current_price: null, proposed: null, reason: 'nothing is known of this item', limits: [], fallback: true };
      const { price, proposed, reason, limits } = guardedPrice(policy, situation, prices.guardrails);
      return { prediction_id, sku, price, current_price: situation.currentPrice, proposed, reason, limits: [...limits], fallback: false };
    });
    const latency = performance.now() - started;
    context.log.predicted(answers.map((answer): PredictionRecord => ({
      prediction_id: answer.prediction_id, request_id: request, predicted_at: now, kind: 'price', version: `${prices.version}:${policy.name}`, experiment, variant, unit: body.unit ?? null,
      entity: JSON.stringify({ sku: answer.sku }), features: JSON.stringify(prices.situationOf(answer.sku) ?? {}), response: JSON.stringify(answer), score: answer.price, fallback: answer.fallback,
      key_id: key!.id, latency_ms: latency,
    })));
    return { currency: prices.currency, version: prices.version, policy: policy.name, experiment, variant, prices: answers };
  },
});

function policyOf({ experiments, prices }: ServingContext, unit: string | undefined, attributes: Readonly<Record<string, string>> | undefined): { policyName: string; experiment: string | null; variant: string | null } {
  for (const experiment of unit === undefined ? [] : experiments.filter(({ subject }) => subject === 'price')) {
    const assignment = assign(experiment, unit!, attributes);
    if (assignment.assigned) return { policyName: String(assignment.variant.settings['policy'] ?? prices!.policy), experiment: experiment.name, variant: assignment.variant.name };
  }
  return { policyName: prices!.policy, experiment: null, variant: null };
}
