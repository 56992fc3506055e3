// Zones of postcodes, and distances.

/** The zone of a postcode is that of the longest prefix that it begins with. */
export class ZoneMap {
  readonly #zones: ReadonlyMap<string, string>;
  readonly #lengths: readonly number[];

  constructor(prefixes: Iterable<readonly [prefix: string, zone: string]>) {
    this.#zones = new Map(Array.from(prefixes, ([prefix, zone]) => [plainPostcode(prefix), zone]));
    this.#lengths = [...new Set([...this.#zones.keys()].map(({ length }) => length))].sort((left, right) => right - left);
  }

  /** `unknown` where no prefix fits. */
  zoneOf(postcode: string): string {
    return this.#zones.get(this.prefixOf(postcode)) ?? 'unknown';
  }

  /** The longest prefix that fits; empty where none does. */
  prefixOf(postcode: string): string {
    return longestPrefix(postcode, this.#lengths, (prefix) => this.#zones.has(prefix));
  }
}

/** Everything but letters and digits is ignored, also how they are written: 01310-100 is 01310100, sw1a is SW1A. */
function plainPostcode(postcode: string): string {
  return postcode.normalize('NFKC').toUpperCase().replace(/[^A-Z0-9]/g, '');
}

/** The longest beginning of a postcode that is known. `lengths`: of what is known, the longest first. */
export function longestPrefix(postcode: string, lengths: readonly number[], isKnown: (prefix: string) => boolean): string {
  const plain = plainPostcode(postcode);
  const length = lengths.find((one) => one <= plain.length && isKnown(plain.slice(0, one)));
  return length === undefined ? '' : plain.slice(0, length);
}

const EARTH_RADIUS_KM = 6371.0088;

export interface Place { latitude: number; longitude: number }

/** Along the great circle, by haversine, in kilometres. */
export function distanceKm(from: Place, to: Place): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const half = (degrees: number) => Math.sin(radians(degrees) / 2) ** 2;
  const a = half(to.latitude - from.latitude) + Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * half(to.longitude - from.longitude);
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(a)));
}
