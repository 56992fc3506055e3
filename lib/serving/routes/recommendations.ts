// POST /v1/recommendations: what to show next.
import { Type, type Static } from '@sinclair/typebox';
import { invalid, Problem } from '../problem.ts';
import { route } from '../route.ts';
import { Id, OrNull } from '../schemas.ts';

const Answer = Type.Object({
  prediction_id: Type.String(), version: Type.String(), source: Type.Union([Type.Literal('personal'), Type.Literal('similar'), Type.Literal('popular')]), fallback: Type.Boolean(),
  reason: OrNull(Type.Union([Type.Literal('nothing_known'), Type.Literal('log_full')], { description: 'Of a fall-back: why it is one.' })),
  items: Type.Array(Type.Object({ item_id: Type.String(), score: Type.Number() })),
});

type Recommended = Static<typeof Answer>;

export const recommendationsRoute = route({
  method: 'post', path: '/v1/recommendations', tag: 'recommendations',
  summary: 'What to show next',
  description: 'For a visitor, beside an item, or both. `source` says where the items come from; `popular` is the fall-back, for whoever nothing is known of, and for everybody while the log takes no answer: `reason` says which.',
  scope: () => 'recommendations',
  body: Type.Object({ visitor_id: Type.Optional(Id), item_id: Type.Optional(Id), limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 10 })) }, { additionalProperties: false }),
  answer: Answer,
  loggedAs: '/prediction_id',
  problems: { 503: 'Nothing was learned yet.' },
  example: { visitor_id: '257597', limit: 5 },
  handle(context, { body, key }) {
    const started = performance.now();
    const { recommender } = context;
    if (recommender === undefined) throw new Problem(503, 'Not ready', 'there are no recommendations yet; train them first');
    if (body.visitor_id === undefined && body.item_id === undefined) throw invalid('name a visitor or an item', [{ pointer: '/visitor_id', detail: 'expected an id here or in item_id; both are missing' }]);
    // An answer that nobody could account for is not given.
    const isUnlogged = context.log.isFull === true;
    const { items, source } = recommender.recommend({
      limit: body.limit ?? 10, ...(isUnlogged ? {} : { ...(body.visitor_id === undefined ? {} : { visitorId: body.visitor_id }), ...(body.item_id === undefined ? {} : { itemId: body.item_id }) }),
    });
    const reason: Recommended['reason'] = isUnlogged ? 'log_full' : source === 'popular' ? 'nothing_known' : null;
    const answer = { prediction_id: context.ids.prediction(), version: recommender.version, source, fallback: reason !== null, reason, items };
    context.log.predicted([{
      prediction_id: answer.prediction_id, request_id: answer.prediction_id, predicted_at: context.clock.now(), kind: 'recommendations', version: recommender.version, experiment: null, variant: null,
      unit: body.visitor_id ?? null, entity: JSON.stringify({ visitor_id: body.visitor_id, item_id: body.item_id }), features: '{}', response: JSON.stringify(items), score: null,
      fallback: answer.fallback, ...(reason === null ? {} : { reason }), key_id: key!.id, latency_ms: performance.now() - started,
    }]);
    return answer;
  },
});
