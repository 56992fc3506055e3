// GET /openapi.json, and a page to try the API by hand.
import { Type } from '@sinclair/typebox';
import { openApi } from '../openapi.ts';
import { pageHtml } from '../page.ts';
import { route, type Route } from '../route.ts';

export const documentRoute = (routes: readonly Route[]): Route => {
  let document: Record<string, unknown> | undefined;
  return route({
    method: 'get', path: '/openapi.json', tag: 'documentation', summary: 'This API as OpenAPI 3.1', answer: Type.Record(Type.String(), Type.Unknown()),
    handle: ({ version }) => (document ??= openApi(routes, version)),
  });
};

export const pageRoute = (routes: readonly Route[]): Route => {
  let page: string | undefined;
  return route({
    method: 'get', path: '/', tag: 'documentation', summary: 'A page to try it', mediaType: 'text/html; charset=utf-8', answer: Type.String(),
    handle: ({ version }) => (page ??= pageHtml(routes, version)),
  });
};
