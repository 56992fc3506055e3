// Selection of models on the command line: `gold.customer_metrics`, `+x` with all it needs, `x+` with all that need it, `silver.*`.
import { MillraceError } from '../../base/index.ts';
import type { Graph } from './graph.ts';
import { didYouMean } from './near.ts';

/**
 * The models that the terms select, in running order; all of them where there is no term. A term is a name or a pattern with `*`, with
 * `+` before it (and all it needs), behind it (and all that need it), or both; several terms add up, also in one text by commas or blanks.
 */
export function selectModels(graph: Graph, terms: readonly string[]): string[] {
  const wanted = terms.flatMap((text) => text.split(/[\s,]+/)).filter((term) => term !== '');
  if (wanted.length === 0) return [...graph.order];
  const selected = new Set<string>();
  for (const term of wanted) {
    const pattern = term.replace(/^\+/, '').replace(/\+$/, '');
    const matching = matches(pattern, graph.order);
    if (matching.length === 0) {
      throw new MillraceError('not_found', `no model is called '${pattern}'`, {
        where: `--select ${term}`,
        todo: didYouMean(pattern, graph.order) ?? 'see `millrace tables` for the names; `silver.*` selects a layer',
      });
    }
    for (const name of matching) {
      selected.add(name);
      if (term.startsWith('+')) for (const needed of graph.upstream(name)) selected.add(needed);
      if (term.endsWith('+')) for (const user of graph.downstream(name)) selected.add(user);
    }
  }
  return graph.order.filter((name) => selected.has(name));
}

function matches(pattern: string, names: readonly string[]): string[] {
  const expression = new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`);
  return names.filter((name) => expression.test(name));
}
