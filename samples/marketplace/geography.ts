// The map: cities with coordinates, the postcode prefixes of each, and where customers live.
import { cosDegrees, power } from '../core/numbers.ts';
import { realAt, keyOf, type Random, WeightedChoice } from '../core/random.ts';
import { ACCENTED, STATES, TOWN_FIRST, TOWN_LAST } from './states.ts';

export interface MapSize {
  /** Postcode prefixes that geolocation knows. */
  prefixes: number;
  /** Distinct city names, and (state, city) pairs, among customers. */
  cityNames: number;
  cityPairs: number;
}

/** Column by column, one entry a city or a prefix. Cities 0 … cityPairs − 1 have customers. */
export interface Geography {
  cityName: readonly string[];
  /** The same with accents, where it has some. */
  cityAccented: readonly string[];
  cityState: Uint8Array;
  /** Prefixes of city c: firstPrefix[c] … firstPrefix[c + 1] − 1. */
  firstPrefix: Uint32Array;
  prefixCode: Uint32Array;
  prefixCity: Uint32Array;
  latitude: Float64Array;
  longitude: Float64Array;
  /** Draws a city with the probability that a customer lives there. */
  customerCity: WeightedChoice;
  customerCities: number;
}

/** Whole shares of `total` in proportion to the weights, at least `least` each; the first takes what is left. */
function shares(total: number, weights: readonly number[], least: number): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const parts = weights.map((weight) => Math.max(least, Math.floor((total * weight) / sum)));
  let excess = parts.reduce((a, b) => a + b, 0) - total;
  parts[0]! -= excess;
  excess = least - parts[0]!;
  for (let i = 1; excess > 0 && i < parts.length; i++) {
    const taken = Math.min(excess, parts[i]! - least);
    parts[i]! -= taken;
    parts[0]! += taken;
    excess -= taken;
  }
  return parts;
}

function townName(i: number): string {
  const first = TOWN_FIRST[i % TOWN_FIRST.length]!;
  const rest = Math.floor(i / TOWN_FIRST.length);
  const last = TOWN_LAST[rest % TOWN_LAST.length]!;
  return `${first} ${last}${['', ' velho', ' novo'][Math.floor(rest / TOWN_LAST.length)]!}`;
}

/** City names of every state, states in order, so that exactly `names` differ among `pairs`. */
function nameCities(citiesOfState: readonly number[], names: number, pairs: number): { name: string[]; state: number[] } {
  const name: string[] = [];
  const state: number[] = [];
  const used = new Set<string>();
  const repeats = pairs - names;
  let town = 0;
  let repeated = 0;
  const spare: string[] = [];
  for (const [s, count] of citiesOfState.entries()) {
    for (let r = 0; r < count; r++) {
      const real = STATES[s]!.cities[r];
      let next: string;
      if (real !== undefined && !used.has(real)) next = real;
      else if (s > 0 && repeated < repeats && repeated < spare.length) next = spare[repeated++]!;
      else {
        do next = townName(town++);
        while (used.has(next));
        if (s === 0) spare.push(next);
      }
      used.add(next);
      name.push(next);
      state.push(s);
    }
  }
  return { name, state };
}

export function makeGeography(seed: number, size: MapSize): Geography {
  const pairs = Math.max(size.cityPairs, STATES.length);
  const citiesOfState = shares(
    pairs,
    STATES.map((s) => s.prefixes),
    1,
  );
  const prefixesOfState = shares(
    Math.max(size.prefixes, pairs),
    STATES.map((s) => s.prefixes),
    1,
  ).map((count, s) => Math.max(count, citiesOfState[s]!));
  prefixesOfState[0]! -= prefixesOfState.reduce((a, b) => a + b, 0) - Math.max(size.prefixes, pairs);
  const { name, state } = nameCities(citiesOfState, Math.min(size.cityNames, pairs), pairs);

  const total = prefixesOfState.reduce((a, b) => a + b, 0);
  const firstPrefix = new Uint32Array(pairs + 1);
  const prefixCode = new Uint32Array(total);
  const prefixCity = new Uint32Array(total);
  const latitude = new Float64Array(total);
  const longitude = new Float64Array(total);
  const weights = new Float64Array(pairs);
  const place = keyOf(seed, 'geography.place');
  let city = 0;
  let prefix = 0;
  for (const [s, region] of STATES.entries()) {
    const cities = citiesOfState[s]!;
    const codes = prefixesOfState[s]!;
    const rank = Array.from({ length: cities }, (_, r) => power(r + 1, -1.3));
    const rankSum = rank.reduce((a, b) => a + b, 0);
    const prefixesOfCity = shares(
      codes,
      rank.map((weight) => power(weight, 0.7)),
      1,
    );
    let nth = 0;
    for (let r = 0; r < cities; r++, city++) {
      weights[city] = (region.customers * rank[r]!) / rankSum;
      firstPrefix[city] = prefix;
      const away = r === 0 ? 0 : region.reach;
      const north = region.latitude + away * (realAt(place, city * 2) - 0.5) * 2;
      const east = region.longitude + away * (realAt(place, city * 2 + 1) - 0.5) * 2;
      for (let k = 0; k < prefixesOfCity[r]!; k++, nth++, prefix++) {
        prefixCode[prefix] = region.from + Math.floor((nth * (region.to - region.from + 1)) / codes);
        prefixCity[prefix] = city;
        latitude[prefix] = north + (realAt(place, 1_000_000 + prefix * 2) - 0.5) * 0.12;
        longitude[prefix] = east + (realAt(place, 1_000_001 + prefix * 2) - 0.5) * 0.12;
      }
    }
  }
  firstPrefix[pairs] = prefix;
  return {
    cityName: name,
    cityAccented: name.map((plain) => ACCENTED[plain] ?? plain),
    cityState: Uint8Array.from(state),
    firstPrefix,
    prefixCode,
    prefixCity,
    latitude,
    longitude,
    customerCity: new WeightedChoice(weights),
    customerCities: pairs,
  };
}

/** A prefix of that city, the first ones more often. */
export function prefixIn(map: Geography, city: number, random: Random): number {
  const first = map.firstPrefix[city]!;
  const some = map.firstPrefix[city + 1]! - first;
  return first + Math.min(random.below(some), random.below(some));
}

/** Kilometres between two prefixes on the flat map (within 1 % of the great circle at these distances). */
export function kilometres(map: Geography, a: number, b: number): number {
  const dy = map.latitude[a]! - map.latitude[b]!;
  const dx = (map.longitude[a]! - map.longitude[b]!) * cosDegrees((map.latitude[a]! + map.latitude[b]!) / 2);
  return 111.195 * Math.sqrt(dx * dx + dy * dy);
}
