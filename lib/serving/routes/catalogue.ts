// GET /v1/models and /v1/predictions/{id}: what answers, and what was answered.
import { Type } from '@sinclair/typebox';
import { notFound } from '../problem.ts';
import { route } from '../route.ts';
import { OrNull, Variant } from '../schemas.ts';

export const modelsRoute = route({
  method: 'get', path: '/v1/models', tag: 'models', summary: 'The models that answer', scope: () => 'models',
  answer: Type.Object({
    models: Type.Array(Type.Object({
      predictor: Type.String(), alias: Type.Union([Type.Literal('champion'), Type.Literal('challenger')]), version: Type.String(), question: Type.String(),
      entities: Type.Array(Type.String()), inputs: Type.Array(Type.String()), metrics: Type.Record(Type.String(), Type.Number()),
      canary_share: Type.Optional(Type.Number({ description: 'Of a challenger that answers for a share of the units: that share.' })),
    })),
    not_trained: Type.Array(Type.String()),
  }),
  handle: ({ models }) => {
    const listed = models.list().map(({ entities, inputs, metrics, ...model }) => ({ ...model, entities: [...entities], inputs: [...inputs], metrics: { ...metrics } }));
    return { models: listed, not_trained: models.declared().filter((name) => !listed.some(({ predictor }) => predictor === name)) };
  },
});

export const predictionRoute = route({
  method: 'get', path: '/v1/predictions/{id}', tag: 'predictions', summary: 'An answer that was given, and what it was made from', scope: () => 'predictions',
  params: { id: { description: 'The prediction_id of an answer of the last 30 days that this key asked for.' } },
  answer: Type.Object({
    prediction_id: Type.String(), kind: Type.String(), version: Type.String(), predicted_at: Type.String({ format: 'date-time' }), ...Variant, unit: OrNull(Type.String()),
    entity: Type.Unknown(), features: Type.Unknown(), response: Type.Unknown(), score: OrNull(Type.Number()), fallback: Type.Boolean(),
    reason: Type.Optional(Type.String({ description: 'Of a fall-back: why it is one.' })), latency_ms: Type.Number(),
  }),
  problems: { 404: 'There is no such prediction of this key.' },
  async handle(context, { params: { id = '' }, key }) {
    const record = await context.log.find(id);
    // Another key's prediction is as if it were not there: its existence is nobody else's business.
    if (record === undefined || record.key_id !== key!.id) throw notFound(`prediction '${id}' of this key`, 'predictions of the last 30 days are kept here, older ones in silver.predictions');
    const { request_id: _request, key_id: _key, predicted_at, entity, features, response, ...rest } = record;
    return { ...rest, predicted_at: new Date(predicted_at).toISOString(), entity: JSON.parse(entity) as unknown, features: JSON.parse(features) as unknown, response: JSON.parse(response) as unknown };
  },
});
