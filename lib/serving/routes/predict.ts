// POST /v1/predict/{predictor}: one to many rows, scored.
import { Type } from '@sinclair/typebox';
import { DEFAULT_LIMITS } from '../context.ts';
import { predict, tooManyRows } from '../predict.ts';
import { route } from '../route.ts';
import { Attributes, OrNull, Row, Unit, Variant } from '../schemas.ts';

export const predictRoute = route({
  method: 'post', path: '/v1/predict/{predictor}', tag: 'predictions', idempotent: true,
  summary: 'Score rows by a predictor',
  description: 'A row names its entities; their features are read from the online store. Inputs that a row gives itself are taken as they are. An answer with `fallback: true` does not come from the model, and `reason` says why.',
  params: { predictor: { description: 'As GET /v1/models lists them.', example: 'conversion' } },
  scope: ({ predictor = '' }) => `predict:${predictor}`,
  body: Type.Object({
    rows: Type.Array(Row, { minItems: 1, description: `At most ${DEFAULT_LIMITS.rows.toLocaleString('en')}.` }),
    unit: Unit, attributes: Attributes,
    explain: Type.Optional(Type.Boolean({ description: 'Adds what each input contributes to the score (TreeSHAP, in the margin of the model).' })),
  }, { additionalProperties: false }),
  answer: Type.Object({
    predictor: Type.String(),
    output: Type.Union([Type.Literal('probability'), Type.Literal('value')]),
    predictions: Type.Array(Type.Object({
      prediction_id: Type.String(), version: OrNull(Type.String()), ...Variant, score: OrNull(Type.Number()), fallback: Type.Boolean(), reason: OrNull(Type.String()),
      contributions: Type.Optional(Type.Record(Type.String(), Type.Number())),
    })),
  }),
  loggedAs: '/predictions/0/prediction_id',
  problems: { 404: 'There is no such predictor.', 413: 'Too many rows or bytes.' },
  example: { rows: [{ visitorid: '257597', itemid: '355908' }] },
  handle(context, { body, params: { predictor = '' }, key }) {
    tooManyRows(body.rows.length, context.limits.rows);
    const output = context.models.find(predictor, 'champion')?.output ?? 'value';
    const predictions = predict(context, { predictor, ...body, key: key! });
    return predictions instanceof Promise ? predictions.then((all) => ({ predictor, output, predictions: all })) : { predictor, output, predictions };
  },
});
