// Prices, shipping and recommendations of an account, made from statements: the same loaders ask Athena beforehand and the kept answers later, so
// whoever asks must ask alike.
import { dayIn, type PricingConfig, type ShippingConfig } from '../../lib/base/index.ts';
import type { ModelReader } from '../../lib/learning/index.ts';
import { pricingSettings, type DemandModel } from '../../lib/pricing/index.ts';
import { championRecommender, loadPrices, loadRecommender, loadShipping, PRICE_LIST, type Models, type Prices, type Recommender, type Shipping } from '../../lib/serving/index.ts';
import type { Load } from '../../lib/serving/aws/index.ts';
import { shippingSettings } from '../../lib/shipping/index.ts';

export interface PartSources {
  environment: NodeJS.ProcessEnv;
  currency: string;
  timeZone: string;
  models: Pick<Models, 'find'>;
  registry: Pick<ModelReader, 'aliases' | 'model'>;
  now: () => number;
  /** Prices of the list that was handed over; whoever only asks beforehand needs none. */
  listed?: Prices['listed'];
  /** Of the champion; undefined: there is none. */
  demand?: () => Promise<DemandModel | undefined>;
}

export interface Part<Made> {
  /** The table whose snapshots are its versions. */
  table: string;
  /** Tables that are asked only where they are. */
  asks?: readonly string[];
  load: Load<Made>;
  /** Beside the answers: it is made again when this changes. */
  madeFrom(): string;
}

const ARMS = 'gold.price_arms';
/** Where the function that makes lists leaves demand for the one that scores. */
export const DEMAND_KEY = 'serving/demand.json';

/** `environment`: MILLRACE_PRICING and MILLRACE_SHIPPING are the project's settings as JSON. */
export function servingParts({ environment, currency, timeZone, models, registry, now, listed, demand }: PartSources): { prices: Part<Prices>; shipping: Part<Shipping>; recommender: Part<Recommender> } {
  const settings = <Config>(name: string): Config | undefined => (environment[name] === undefined ? undefined : JSON.parse(environment[name]) as Config);
  const [pricing, shipping] = [pricingSettings(settings<PricingConfig>('MILLRACE_PRICING')), shippingSettings(settings<ShippingConfig>('MILLRACE_SHIPPING'))];
  const champion = (name: string) => models.find(name, 'champion');
  return {
    prices: {
      table: 'gold.pricing_features', asks: [ARMS, PRICE_LIST],
      madeFrom: () => dayIn(timeZone, now()),
      load: async (engine, version, tables) => {
        const known = await demand?.();
        return loadPrices(engine, {
          currency, version, random: Math.random, settings: pricing, tables: { arms: tables.includes(ARMS), list: tables.includes(PRICE_LIST) }, now: { at: now(), day: dayIn(timeZone, now()) },
          ...(listed === undefined ? {} : { listed }), ...(known === undefined ? {} : { demand: known }),
        });
      },
    },
    shipping: {
      table: 'gold.shipping_rate_cards',
      madeFrom: () => ['shipping', 'delivery'].map((name) => champion(name)?.version ?? '').join(),
      load: (engine, version) => {
        const [freight, delivery] = [champion('shipping'), champion('delivery')];
        return loadShipping(engine, { currency, timeZone, version, settings: shipping, environment, now, models: { ...(freight === undefined ? {} : { freight }), ...(delivery === undefined ? {} : { delivery }) } });
      },
    },
    recommender: {
      table: 'silver.events', madeFrom: () => '',
      load: async (engine, version) => loadRecommender(engine, version, await championRecommender(registry)),
    },
  };
}
