// A parcel on its way: what it weighs, where it goes, what carriers ask, when it arrives. Weights are in kilograms, sizes in centimetres.

export interface Parcel { weightKg: number; lengthCm?: number; widthCm?: number; heightCm?: number }

export interface QuoteRequest {
  originPostcode: string;
  destinationPostcode: string;
  parcels: readonly Parcel[];
  /** What the goods come to, in the shop's currency: decides on free shipping. */
  orderValue: number;
  /** Business date on which it is handed over, as 2018-10-18. */
  handedOverOn: string;
}

/** What every carrier is asked. */
export interface CarrierRequest {
  originZone: string; destinationZone: string; originPostcode: string; destinationPostcode: string; chargeableWeightKg: number; handedOverOn: string;
  /** In which prices are wanted (ISO 4217); undefined where the shop does not say. */
  currency?: string;
}

/** Where an offer comes from: a rate card, a carrier that was asked, or a trained estimate of what freight has cost. */
export type OfferSource = 'rate_card' | 'carrier' | 'estimate';

export interface CarrierOffer { carrier: string; service: string; price: number; transitDays: number; source: OfferSource }

/** A carrier answers with its offers, or fails: the others' offers still count. The signal ends when nobody waits any longer. */
export interface Carrier {
  name: string;
  offers(request: CarrierRequest, signal?: AbortSignal): Promise<readonly CarrierOffer[]>;
}

/** A row of a rate card: `minWeightKg` ≤ weight < `maxWeightKg`, valid from a date to before another. */
export interface Rate {
  carrier: string;
  service: string;
  originZone: string;
  destinationZone: string;
  minWeightKg: number;
  maxWeightKg: number;
  basePrice: number;
  pricePerKg: number;
  transitDays: number;
  validFrom: string;
  validTo?: string;
}
