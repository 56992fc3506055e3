// The graph of the models: who reads whom, in which order they run, and the cycle where there is one.

export interface Graph {
  /** Model names in an order in which each comes after what it needs; by level, then by name. */
  readonly order: readonly string[];
  /** Models that can run at the same time: each needs only models of earlier levels. */
  readonly levels: readonly (readonly string[])[];
  /** What a model needs directly, models only. */
  needs(name: string): readonly string[];
  /** Who needs it directly. */
  neededBy(name: string): readonly string[];
  /** All that it needs, directly or not. */
  upstream(name: string): ReadonlySet<string>;
  /** All that need it, directly or not. */
  downstream(name: string): ReadonlySet<string>;
}

/** Builds the graph, or tells the cycle: `[a, b, a]`. `needs` may name tables that are no models; they are left out. */
export function buildGraph(needs: ReadonlyMap<string, readonly string[]>): { ok: true; graph: Graph } | { ok: false; cycle: string[] } {
  const edges = new Map([...needs].map(([name, all]) => [name, [...new Set(all)].filter((table) => needs.has(table)).sort()]));
  const cycle = findCycle(edges);
  if (cycle !== undefined) return { ok: false, cycle };

  const level = new Map<string, number>();
  const levelOf = (name: string): number => {
    const known = level.get(name);
    if (known !== undefined) return known;
    const found = Math.max(-1, ...(edges.get(name) ?? []).map(levelOf)) + 1;
    level.set(name, found);
    return found;
  };
  const levels: string[][] = [];
  for (const name of [...edges.keys()].sort()) (levels[levelOf(name)] ??= []).push(name);

  const reverse = new Map<string, string[]>([...edges.keys()].map((name) => [name, []]));
  for (const [name, all] of edges) for (const needed of all) reverse.get(needed)?.push(name);
  for (const users of reverse.values()) users.sort();

  return {
    ok: true,
    graph: Object.freeze({
      order: levels.flat(),
      levels,
      needs: (name: string) => edges.get(name) ?? [],
      neededBy: (name: string) => reverse.get(name) ?? [],
      upstream: (name: string) => reach(name, edges),
      downstream: (name: string) => reach(name, reverse),
    }),
  };
}

function reach(from: string, edges: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...(edges.get(from) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(edges.get(next) ?? []));
  }
  return found;
}

function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): string[] | undefined => {
    const at = path.indexOf(name);
    if (at >= 0) return [...path.slice(at), name];
    if (finished.has(name)) return undefined;
    path.push(name);
    for (const needed of edges.get(name) ?? []) {
      const cycle = visit(needed);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    finished.add(name);
    return undefined;
  };
  for (const name of [...edges.keys()].sort()) {
    const cycle = visit(name);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
