// GET /v1/features/{entity}/{id}: what the online store knows of an entity now.
import { Type } from '@sinclair/typebox';
import { invalid, notFound, Problem } from '../problem.ts';
import { route } from '../route.ts';
import { Cell } from '../schemas.ts';

export const featuresRoute = route({
  method: 'get', path: '/v1/features/{entity}/{id}', tag: 'features',
  summary: 'What is known of an entity now',
  params: { entity: { description: 'A feature view: visitor, item, customer, interest.', example: 'visitor' }, id: { description: 'Its id; of a view of several columns one each, parted by commas (commas within an id as %2C).', example: '257597' } },
  scope: () => 'features',
  answer: Type.Object({ entity: Type.String(), id: Type.Array(Type.String()), at: Type.String({ format: 'date-time' }), features: Type.Record(Type.String(), Cell) }),
  problems: { 404: 'There is no such view.', 503: 'The online features cannot be read now.' },
  async handle(context, { params: { entity = '', id = '' } }) {
    const columns = context.features.entityOf(entity);
    if (columns === undefined) throw notFound(`feature view '${entity}'`, `there are ${context.features.views().join(', ') || 'none'}`);
    const parts = columns.length === 1 ? [id] : id.split(',').map((part) => part.replaceAll(/%2C/gi, ','));
    if (parts.length !== columns.length || parts.includes('')) throw invalid(`${entity} is known by ${columns.join(' and ')}`, [{ pointer: 'id', detail: `expected ${columns.length} ids, parted by commas; got ${parts.length}` }]);
    const at = context.clock.now();
    try {
      const [[features = {}] = []] = await context.features.read([{ view: entity, entities: [parts] }], at);
      return { entity, id: parts, at: new Date(at).toISOString(), features };
    } catch {
      throw new Problem(503, 'Not ready', 'the online features cannot be read now; try again, or fill them with `millrace features backfill`', { headers: { 'retry-after': '1' } });
    }
  },
});
