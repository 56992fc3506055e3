// The models that an API answers from: champions and challengers of the registry, read again when an alias moves.
import { MillraceError, messageOf } from '../base/index.ts';
import { explainer, scorerOf, type Canary, type ModelAlias, type ModelCard, type ModelReader } from '../learning/index.ts';
import type { Models, ServedModel } from './context.ts';

export interface RegistryModels extends Models {
  /** Loads what has changed; a request meets the old version or the new one, never none. */
  refresh(): Promise<void>;
  /** The canary that ran at the last look. */
  canary(predictor: string): Canary | undefined;
}

const ALIASES = ['champion', 'challenger'] as const;
/** By predictor. */
type Served = Record<ModelAlias, Map<string, { card: ModelCard; model: ServedModel }>>;

/** `viewOf` says which view a feature is read from; undefined: the request gives it. */
export function registryModels(registry: ModelReader, declared: readonly string[], viewOf: (feature: string) => string | undefined): RegistryModels {
  let served: Served = { champion: new Map(), challenger: new Map() };
  /** One look after the other, so that none undoes what a later one has found. */
  let refreshing: Promise<void> = Promise.resolve();
  let canaries: ReadonlyMap<string, Canary> = new Map();
  return {
    declared: () => declared,
    declares: (predictor) => declared.includes(predictor),
    find: (predictor, alias) => served[alias].get(predictor)?.model,
    list: () => declared.flatMap((predictor) => ALIASES.flatMap((alias) => served[alias].get(predictor) ?? [])).map(({ card, model }) => ({
      predictor: card.predictor, alias: model.alias, version: card.version, question: card.question, inputs: card.features, entities: card.entities,
      metrics: Object.fromEntries(Object.entries(card.metrics).filter(([, value]) => Number.isFinite(value))),
      ...(model.alias === 'challenger' && canaries.has(card.predictor) ? { canary_share: canaries.get(card.predictor)!.share } : {}),
    })),
    canary: (predictor) => canaries.get(predictor),
    refresh: () => (refreshing = refreshing.then(refresh, refresh)),
  };

  async function refresh(): Promise<void> {
    const next: Served = { champion: new Map(), challenger: new Map() };
    const running = new Map<string, Canary>();
    const failures: unknown[] = [];
    for (const predictor of declared) {
      const { aliases, canary } = await registry.state(predictor);
      if (canary !== undefined) running.set(predictor, canary);
      for (const alias of ALIASES) {
        const version = aliases[alias];
        if (version === undefined) continue;
        const known = served[alias].get(predictor);
        // One that cannot be loaded leaves all others, and what answered under its name before.
        const model = known?.card.version === version ? known : await loadVersion(registry, predictor, alias, version, viewOf).catch((thrown: unknown) => {
          failures.push(new MillraceError('bad_input', `version ${version} of ${predictor} cannot be loaded: ${messageOf(thrown)}`, { where: `models/${predictor}/${version}`, todo: 'Roll back to another version, or train a new one.', cause: thrown }));
          return alias === 'champion' ? known : undefined;
        });
        if (model !== undefined) next[alias].set(predictor, model);
      }
    }
    served = next;
    canaries = running;
    if (failures.length > 0) throw failures[0];
  }
}

/** A version as it answers; undefined for a kind that answers in batches only. */
export async function loadVersion(registry: ModelReader, predictor: string, alias: ModelAlias, version: string, viewOf: (feature: string) => string | undefined): Promise<{ card: ModelCard; model: ServedModel } | undefined> {
  const [card, fitted] = await Promise.all([registry.card(predictor, version), registry.model(predictor, version)]);
  const score = scorerOf(fitted);
  if (score === undefined) return undefined;
  let explain: ReturnType<typeof explainer> | undefined;
  return {
    card,
    model: {
      predictor, alias, version, question: card.question, entities: card.entities, output: card.output, fallback: card.baseRate,
      inputs: card.features.map((name) => {
        const view = viewOf(name);
        return view === undefined ? { name } : { name, view };
      }),
      score: scoringRows(score, card.features.length),
      ...(fitted.kind === 'trees' ? { contributions: (row: Float64Array) => (explain ??= explainer(fitted.model)).contributions(Float32Array.from(row)) } : {}),
    },
  };
}

/** Over doubles. Most requests have one row: its numbers have a place of their own, because each typed array of some length is memory outside the heap. */
function scoringRows(score: (matrix: Float32Array) => Float32Array, width: number): ServedModel['score'] {
  const [row, answer] = [new Float32Array(width), new Float64Array(1)];
  return (matrix, rows) => {
    if (rows !== 1) return Float64Array.from(score(Float32Array.from(matrix)));
    row.set(matrix);
    answer[0] = score(row)[0]!;
    return answer;
  };
}
