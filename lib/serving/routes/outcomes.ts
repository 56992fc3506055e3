// POST /v1/outcomes: what happened after an answer.
import { Type } from '@sinclair/typebox';
import { OUTCOMES } from '../../experiments/index.ts';
import { invalid, Problem } from '../problem.ts';
import { route } from '../route.ts';
import { Id, OrNull } from '../schemas.ts';

/** Clocks of back ends may be ahead by so much. */
const CLOCKS_APART_MS = 15 * 60_000;
/** What happened longer ago is nothing that the table takes: who is answered that it is kept shall find it there. */
const OLDEST_MS = 364 * 86_400_000;

const Outcome = Type.Object({
  prediction_id: Type.Optional(Id),
  unit: Type.Optional(Id),
  outcome: Type.Union(OUTCOMES.map((outcome) => Type.Literal(outcome))),
  value: Type.Optional(OrNull(Type.Number({ minimum: -1e12, maximum: 1e12, description: 'In the currency of the shop, where it has a worth; days for a delivery.' }))),
  occurred_at: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_102_444_800_000, description: 'Milliseconds since 1970, of the last 364 days; default: now.' })),
  outcome_id: Type.Optional(Type.String({ format: 'id', minLength: 1, maxLength: 200, description: 'Your own id of it: repeated, it counts once.' })),
}, { additionalProperties: false });

export const outcomesRoute = route({
  method: 'post', path: '/v1/outcomes', tag: 'outcomes', idempotent: true,
  summary: 'What happened after an answer',
  description: 'Kept durably before it is answered. An outcome names the prediction that it follows, or the unit, by which it is joined to the experiments that the unit was in.',
  scope: () => 'outcomes',
  body: Type.Object({ outcomes: Type.Array(Outcome, { minItems: 1, maxItems: 500 }) }, { additionalProperties: false }),
  answer: Type.Object({ accepted: Type.Integer(), outcome_ids: Type.Array(Type.String()) }),
  problems: { 503: 'The log does not take it now; send it again.' },
  example: { outcomes: [{ unit: 'v1', outcome: 'purchase', value: 99.9 }] },
  async handle(context, { body, key }) {
    const now = context.clock.now();
    const errors = body.outcomes.flatMap(({ prediction_id, unit }, index) => (prediction_id === undefined && unit === undefined ? [{ pointer: `/outcomes/${index}/prediction_id`, detail: 'expected an id here or in unit; both are missing' }] : []));
    if (errors.length > 0) throw invalid('an outcome follows a prediction or belongs to a unit', errors.slice(0, 20));
    const outside = body.outcomes.flatMap(({ occurred_at: at = now }, index) => (at <= now + CLOCKS_APART_MS && at >= now - OLDEST_MS ? [] : [{ pointer: `/outcomes/${index}/occurred_at`, detail: `expected milliseconds since 1970, of the last 364 days; got ${new Date(at).toISOString()}` }]));
    if (outside.length > 0) throw invalid('an outcome has happened within the last year', outside.slice(0, 20));
    const records = body.outcomes.map(({ prediction_id, unit, outcome, value, occurred_at, outcome_id }) => ({
      outcome_id: outcome_id ?? context.ids.prediction(), prediction_id: prediction_id ?? null, unit: unit ?? null, outcome, value: value ?? null, occurred_at: occurred_at ?? now, key_id: key!.id,
    }));
    await context.log.happened(records).catch(() => {
      throw new Problem(503, 'Not kept', 'the log does not take outcomes now; send them again with an outcome_id of your own, so that each counts once', { headers: { 'retry-after': '1' } });
    });
    return { accepted: records.length, outcome_ids: records.map(({ outcome_id }) => outcome_id) };
  },
});
