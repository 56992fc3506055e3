// What events are checked by. Here it is computed from the contracts of the project; in a bundle the build has written the result in its place, so
// that nothing is parsed or compiled from text when a function starts.
import { fileURLToPath } from 'node:url';
import { loadContracts } from '../../lib/contracts/index.ts';
import { eventPlans, type EventPlan } from '../../lib/ingest/events/index.ts';

export const EVENT_PLANS: readonly EventPlan[] = eventPlans((await loadContracts(fileURLToPath(new URL('../../contracts', import.meta.url)))).values());
