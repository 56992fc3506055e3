// What a bundled route lacks is what only the document says of it, whatever way it is written.
import { describe, expect, it } from 'vitest';
import { bareRoutes, bareSchemas } from '../../lib/stacks/bare-routes.ts';

const ROUTE = String.raw`import { Type } from '@sinclair/typebox';
const Answer = Type.Object({ a: Type.String({ description: 'It\'s one, or two' }) });
export const one = route({
  // It isn't much.
  method: 'post', path: '/v1/one/{id}', tag: 'things', idempotent: true,
  summary: 'One, {two}, "three"', description: 'a ' + more(1, 2),
  params: { id: { description: 'which', example: [1, 2] } },
  scope: ({ id = '' }) => ${'`'}one:${'$'}{id}, all${'`'},
  query: { limit: { description: 'how many', schema: Limit } },
  body: Type.Object({ rows: Type.Array(Row, { minItems: 1, description: 'of them, many' }) }),
  answer: Answer, problems: { 404: 'none, really' },
  example: { rows: [{ a: ', handle: ' }] },
  handle(context, { body }) {
    return { description: 'kept', summary: body.rows.length };
  },
});
export const other = route({ ...text, method: 'get', path: '/other', summary: 'Other', handle: () => ({ description: 'kept too' }) });
`;

describe('a bundled route', () => {
  const bare = bareRoutes(ROUTE).replaceAll('/* @__PURE__ */ ', '');

  it('has what is checked and handled, and nothing of the document', () => {
    for (const left of ['/v1/one/{id}', 'idempotent: true', 'schema: Limit', 'minItems: 1', "description: 'kept'", 'summary: body.rows.length', "description: 'kept too'", '...text', ', all`']) expect(bare).toContain(left);
    for (const gone of ['tag:', 'One, {two}', 'more(1', 'which', 'how many', 'of them', 'Answer,', 'problems', 'example', 'Other', "It\\'s one"]) expect(bare).not.toContain(gone);
  });

  it('may leave out schemas that nothing uses any more', () => {
    expect(bareSchemas("const Id = Type.String({ minLength: 1, description: 'of it' });")).toBe('const Id = /* @__PURE__ */ Type.String({ minLength: 1 });');
    expect(bareSchemas("Type.Number({ description: 'a', minimum: 1 })")).toBe('/* @__PURE__ */ Type.Number({ minimum: 1 })');
  });
});
