// A carrier whose prices are a table: its rate card.
import type { Carrier, CarrierOffer, Rate } from './types.ts';

/**
 * Of one service's rates that hold on the day and for the weight the newest counts. Price = base price + price per kilogram × (weight − lower end of the bracket);
 * the quote rounds it.
 */
export function tableCarrier(name: string, rates: readonly Rate[]): Carrier {
  const routes = new Map<string, Rate[]>();
  for (const rate of rates) {
    if (rate.carrier !== name) continue;
    const route = routeOf(rate.originZone, rate.destinationZone);
    routes.set(route, [...(routes.get(route) ?? []), rate]);
  }
  return {
    name,
    async offers({ originZone, destinationZone, chargeableWeightKg: weight, handedOverOn: day }) {
      const newest = new Map<string, Rate>();
      for (const rate of routes.get(routeOf(originZone, destinationZone)) ?? []) {
        const holds = rate.validFrom <= day && (rate.validTo === undefined || day < rate.validTo) && rate.minWeightKg <= weight && weight < rate.maxWeightKg;
        const other = newest.get(rate.service);
        if (holds && (other === undefined || other.validFrom < rate.validFrom)) newest.set(rate.service, rate);
      }
      return [...newest.values()].map((rate): CarrierOffer => ({
        carrier: name, service: rate.service, transitDays: rate.transitDays, source: 'rate_card',
        price: rate.basePrice + rate.pricePerKg * (weight - rate.minWeightKg),
      }));
    },
  };
}

function routeOf(origin: string, destination: string): string {
  return `${origin}\u0000${destination}`;
}
