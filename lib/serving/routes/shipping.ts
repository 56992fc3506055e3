// POST /v1/shipping/quote: what shipping costs, and when it is there.
import { Type, type Static } from '@sinclair/typebox';
import { exposureOf, segmentsOf, type Variant as ExperimentVariant } from '../../experiments/index.ts';
import { missingForFree, quoteShipping, type QuoteSettings, type ShippingQuote } from '../../shipping/index.ts';
import { invalid, Problem } from '../problem.ts';
import { route } from '../route.ts';
import { Attributes, Day, OrNull, Unit, Variant } from '../schemas.ts';

const Size = Type.Optional(Type.Number({ minimum: 0, maximum: 10_000 }));
const Postcode = Type.String({ minLength: 1, maxLength: 20 });

const Parcels = Type.Array(Type.Object({ weight_kg: Type.Number({ minimum: 0, maximum: 10_000 }), length_cm: Size, width_cm: Size, height_cm: Size }, { additionalProperties: false }), { minItems: 1, maxItems: 100 });

const Answer = Type.Object({
  prediction_id: Type.String(), version: Type.String(), ...Variant, currency: Type.String(), origin_zone: Type.String(), destination_zone: Type.String(),
  chargeable_weight_kg: Type.Number(), confidence: Type.Number(), missing_for_free: OrNull(Type.Number()), fallback: Type.Boolean(),
  reason: OrNull(Type.Union([Type.Literal('no_offer'), Type.Literal('log_full')], { description: 'Of a fall-back: why it is one.' })),
  options: Type.Array(Type.Object({
    carrier: Type.String(), service: Type.String(), price: Type.Number(), customer_price: Type.Number(), transit_days: Type.Number(), promise_date: Type.String(),
    source: Type.Union([Type.Literal('rate_card'), Type.Literal('carrier'), Type.Literal('estimate')]), promise_basis: Type.Union([Type.Literal('model'), Type.Literal('history'), Type.Literal('default')]),
  })),
  freight_estimate: OrNull(Type.Number()),
  failed: Type.Array(Type.Object({ carrier: Type.String(), reason: Type.String() })),
});

type Quoted = Static<typeof Answer>;

/** As it is logged: the log has a column of its own for why it is a fall-back. */
export type QuoteAnswer = Omit<Quoted, 'reason'>;

/** What a quote was made from, as it is logged. Of a postcode no more than what the shop's tables of places and zones tell apart. */
export interface QuoteInputs {
  chargeable_weight_kg: number;
  order_value: number;
  handed_over_on: string;
  parcels: Static<typeof Parcels>;
  origin_prefix: string;
  destination_prefix: string;
}

export const shippingRoute = route({
  method: 'post', path: '/v1/shipping/quote', tag: 'shipping', idempotent: true,
  summary: 'What shipping costs, and when it is there',
  description: 'Every carrier is asked at once; one that does not answer is named in `failed`, its rate card counts where it has one, and so do the others. `promise_date` is kept for the share of parcels that `confidence` states, unless `promise_basis` is `default`: then too little is known of the route. `freight_estimate` is what such parcels have cost before, whatever the carriers ask; where nobody offers anything it is the only option, with `source: estimate`. `reason` says why an answer is a fall-back: `no_offer`, or `log_full` while the log takes no answer; the shop\'s own threshold counts then, whatever an experiment says.',
  scope: () => 'shipping',
  body: Type.Object({
    destination_postcode: Postcode,
    origin_postcode: Type.Optional(Postcode),
    parcels: Parcels,
    order_value: Type.Number({ minimum: 0, maximum: 1e9 }),
    handed_over_on: Type.Optional(Day),
    unit: Unit, attributes: Attributes,
  }, { additionalProperties: false }),
  answer: Answer,
  loggedAs: '/prediction_id',
  problems: { 503: 'There are no rate cards yet.' },
  example: { destination_postcode: '01310-100', parcels: [{ weight_kg: 1.2 }], order_value: 80 },
  async handle(context, { body, key, signal }) {
    const started = performance.now();
    const { shipping, experiments } = context;
    if (shipping === undefined) throw new Problem(503, 'Not ready', 'there are no rate cards yet; run the batch first');
    // Whose answer is in no log takes part in nothing.
    const isUnlogged = context.log.isFull === true;
    const exposure = isUnlogged ? undefined : exposureOf(experiments, 'shipping', () => body.unit, body.attributes, () => true);
    const threshold = exposure?.variant.settings['threshold'];
    const settings = typeof threshold === 'number' ? { ...shipping.settings, freeShipping: { threshold } } : shipping.settings;
    const now = context.clock.now();
    const handedOverOn = body.handed_over_on ?? shipping.dayOf?.(now) ?? new Date(now).toISOString().slice(0, 10);
    if (!isDay(handedOverOn)) throw invalid(`there is no day ${handedOverOn}`, [{ pointer: '/handed_over_on', detail: 'expected a date, as 2018-10-18' }]);
    const quote = await quoteShipping({
      originPostcode: body.origin_postcode ?? shipping.originPostcode, destinationPostcode: body.destination_postcode, orderValue: body.order_value, handedOverOn,
      parcels: body.parcels.map(({ weight_kg: weightKg, length_cm: lengthCm, width_cm: widthCm, height_cm: heightCm }) => ({
        weightKg, ...(lengthCm === undefined ? {} : { lengthCm }), ...(widthCm === undefined ? {} : { widthCm }), ...(heightCm === undefined ? {} : { heightCm }),
      })),
    }, settings, signal);
    // Who would have seen the same in every variant has seen nothing of the experiment. What one's own variant shows must not decide that.
    const isExposed = exposure !== undefined && quote.options.length > 0 && differ(experiments.find(({ name }) => name === exposure.experiment)?.variants ?? [], shipping.settings, body.order_value);
    const [experimentName, variant] = isExposed ? [exposure.experiment, exposure.variant.name] : [null, null];
    const answer: QuoteAnswer = { prediction_id: context.ids.prediction(), version: shipping.version, experiment: experimentName, variant, currency: shipping.currency, ...quoteAnswer(quote) };
    const reason: Quoted['reason'] = isUnlogged ? 'log_full' : answer.fallback ? 'no_offer' : null;
    const inputs: QuoteInputs = {
      chargeable_weight_kg: quote.chargeableWeightKg, order_value: body.order_value, handed_over_on: handedOverOn, parcels: body.parcels,
      origin_prefix: shipping.prefixOf(body.origin_postcode ?? shipping.originPostcode), destination_prefix: shipping.prefixOf(body.destination_postcode),
    };
    context.log.predicted([{
      prediction_id: answer.prediction_id, request_id: answer.prediction_id, predicted_at: now, kind: 'shipping', version: shipping.version, experiment: experimentName, variant, unit: body.unit ?? null, ...segmentsOf(body.attributes),
      entity: JSON.stringify({ origin_zone: quote.originZone, destination_zone: quote.destinationZone }), features: JSON.stringify(inputs),
      response: JSON.stringify(answer), score: answer.options[0]?.price ?? null, fallback: reason !== null, ...(reason === null ? {} : { reason }), key_id: key!.id, latency_ms: performance.now() - started,
    }]);
    return { ...answer, fallback: reason !== null, reason };
  },
});

/** The part of an answer that the quote decides. */
export function quoteAnswer(quote: ShippingQuote): Omit<QuoteAnswer, 'prediction_id' | 'version' | 'experiment' | 'variant' | 'currency'> {
  return {
    origin_zone: quote.originZone, destination_zone: quote.destinationZone, chargeable_weight_kg: quote.chargeableWeightKg, confidence: quote.confidence,
    missing_for_free: quote.missingForFree ?? null, fallback: quote.options.every(({ source }) => source === 'estimate'), failed: quote.failed, freight_estimate: quote.freightEstimate ?? null,
    options: quote.options.map(({ carrier, service, price, customerPrice, transitDays, promiseDate, source, promiseBasis }) => ({ carrier, service, price, customer_price: customerPrice, transit_days: transitDays, promise_date: promiseDate, source, promise_basis: promiseBasis })),
  };
}

/** Whether an order of this value sees something else in one variant than in another: shipping for nothing, or another sum that is missing for it. */
function differ(variants: readonly ExperimentVariant[], { freeShipping, fractionDigits }: QuoteSettings, orderValue: number): boolean {
  return new Set(variants.map(({ settings: { threshold } }) => {
    const from = typeof threshold === 'number' ? threshold : freeShipping?.threshold;
    return from === undefined ? 'never' : missingForFree(from, orderValue, fractionDigits);
  })).size > 1;
}

/** The pattern lets the thirty-first of every month pass. */
function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
