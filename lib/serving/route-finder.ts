// Which route a path leads to: plain paths by a look-up, the few with parameters segment by segment.

export interface Routed<Route> { route: Route; params: Readonly<Record<string, string>> }

export interface RouteFinder<Route> {
  /** `path` as it was sent; parameters are decoded. */
  find(method: string, path: string): Routed<Route> | undefined;
  /** The methods that a path takes; where it takes GET, it takes HEAD. */
  methodsOf(path: string): string[];
}

const NO_PARAMS = Object.freeze({});
const MOST_LED = 1_000;
/** Characters. */
const LONGEST_LED = 200;

/** Paths as in OpenAPI: `/v1/predict/{predictor}`; a parameter is one segment that is not empty. */
export function routeFinder<Route extends { method: string; path: string }>(routes: readonly Route[]): RouteFinder<Route> {
  const plain = new Map(routes.filter(({ path }) => !path.includes('{')).map((route) => [`${route.method} ${route.path}`, route]));
  const patterns = routes.filter(({ path }) => path.includes('{')).map((route) => ({ route, segments: route.path.split('/') }));
  const methods = [...new Set(routes.map(({ method }) => method))];
  /** Where paths with parameters led lately: most are asked for again and again. */
  const led = new Map<string, Routed<Route>>();
  const find = (method: string, path: string): Routed<Route> | undefined => {
    const asked = `${method} ${path}`;
    const known = led.get(asked);
    if (known !== undefined) return known;
    const found = search(method, path);
    if (found !== undefined && asked.length <= LONGEST_LED) {
      if (led.size === MOST_LED) led.clear();
      led.set(asked, found);
    }
    return found;
  };
  const search = (method: string, path: string): Routed<Route> | undefined => {
    const route = plain.get(`${method} ${path}`);
    if (route !== undefined) return { route, params: NO_PARAMS };
    const given = path.split('/').map(decoded);
    for (const pattern of patterns) {
      if (pattern.route.method !== method) continue;
      const params = paramsOf(pattern.segments, given);
      if (params !== undefined) return { route: pattern.route, params };
    }
    // A plain path may be sent percent-encoded too.
    const same = path.includes('%') ? plain.get(`${method} ${given.join('/')}`) : undefined;
    return same === undefined ? undefined : { route: same, params: NO_PARAMS };
  };
  return { find, methodsOf: (path) => methods.filter((method) => find(method, path) !== undefined).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])) };
}

function paramsOf(segments: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  if (segments.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (let at = 0; at < segments.length; at++) {
    const [segment, value] = [segments[at]!, given[at]!];
    if (segment.startsWith('{')) {
      if (value === '') return undefined;
      params[segment.slice(1, -1)] = value;
    } else if (segment !== value) {
      return undefined;
    }
  }
  return params;
}

/** What is not percent-encoded as it should be stays as it is. */
function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
