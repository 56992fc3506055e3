// The version that answered, as far as the registry still has it.
import { MillraceError, messageOf } from '../../base/index.ts';
import type { FittedModel, ModelCard, ModelRegistry } from '../../learning/index.ts';

export interface KnownVersion {
  card?: ModelCard;
  fitted?: FittedModel;
  /** Why either of them is not there. */
  notes: string[];
}

/** What was answered is told also where the version is gone, or one of its files. */
export async function knownVersion(registry: Pick<ModelRegistry, 'card' | 'model'>, predictor: string, version: string): Promise<KnownVersion> {
  const [card, fitted] = await Promise.allSettled([registry.card(predictor, version), registry.model(predictor, version)]);
  const failures = [card, fitted].flatMap((part) => (part.status === 'rejected' ? [part.reason as unknown] : []));
  const isGone = failures.length === 2 && failures.every((failure) => failure instanceof MillraceError && failure.code === 'not_found');
  const why = isGone ? [`the registry has no version ${version} of ${predictor} any more`] : failures.map(messageOf);
  return {
    ...(card.status === 'fulfilled' ? { card: card.value } : {}), ...(fitted.status === 'fulfilled' ? { fitted: fitted.value } : {}),
    notes: why.map((text) => `not all is known of the version that answered: ${text}`),
  };
}
