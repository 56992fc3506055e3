// The models that the API of a home answers from.
import type { Models } from '../../serving/index.ts';

/** Before anything is trained. */
export const NO_MODELS: Models = Object.freeze({ find: () => undefined, declares: () => false, declared: () => [], list: () => [] });
