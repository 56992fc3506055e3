// All routes, in the order in which they are documented.
import type { Route } from '../route.ts';
import { modelsRoute, predictionRoute } from './catalogue.ts';
import { documentRoute, pageRoute } from './document.ts';
import { featuresRoute } from './features.ts';
import { healthRoute, invocationsRoute, pingRoute, versionRoute } from './invocations.ts';
import { outcomesRoute } from './outcomes.ts';
import { predictRoute } from './predict.ts';
import { priceRoute } from './price.ts';
import { recommendationsRoute } from './recommendations.ts';
import { shippingRoute } from './shipping.ts';

const SERVED: readonly Route[] = [
  predictRoute, predictionRoute, priceRoute, shippingRoute, recommendationsRoute, featuresRoute, outcomesRoute, modelsRoute,
  invocationsRoute, pingRoute, healthRoute, versionRoute,
];

export const ROUTES: readonly Route[] = Object.freeze([...SERVED, documentRoute(SERVED), pageRoute(SERVED)]);
