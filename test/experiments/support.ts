// Simulated shops: units with a history, seen day by day.
import type { Moments } from '../../lib/experiments/index.ts';

/** mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function noUnits(): Moments {
  return { units: 0, y: 0, yy: 0, x: 0, xx: 0, xy: 0 };
}

export function addUnit(moments: Moments, y: number, x = 0): void {
  moments.units += 1;
  moments.y += y;
  moments.yy += y * y;
  moments.x += x;
  moments.xx += x * x;
  moments.xy += x * y;
}
