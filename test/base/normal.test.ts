// The normal distribution and the gamma function, beside figures of tables.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logGamma, normalQuantile } from '../../lib/base/index.ts';

describe('the quantile of the normal distribution', () => {
  it.each([[0.5, 0], [0.9, 1.2815515655446004], [0.975, 1.959963984540054], [0.001, -3.090232306167813], [1e-12, -7.034483825301131]])('of %d is %d', (probability, quantile) => {
    expect(Math.abs(normalQuantile(probability) - quantile)).toBeLessThanOrEqual(1e-14 * Math.abs(quantile));
  });

  it('is infinite at the ends, and nothing beyond them', () => {
    expect([0, 1, -0.1, 1.1, Number.NaN].map(normalQuantile)).toEqual([-Infinity, Infinity, NaN, NaN, NaN]);
  });

  it('rises, and is the same on both sides', () => {
    fc.assert(fc.property(fc.double({ min: 1e-9, max: 0.5, noNaN: true }), (probability) => {
      expect(normalQuantile(1 - probability)).toBeCloseTo(-normalQuantile(probability), 6);
      expect(normalQuantile(probability * 0.99)).toBeLessThan(normalQuantile(probability));
    }));
  });
});

describe('the logarithm of the gamma function', () => {
  it.each([[1, 0], [2, 0], [0.5, Math.log(Math.PI) / 2], [7.5, 7.534364236758733], [0.001, 6.907178885383853], [12_345.678, 103_959.91990554606], [1e6, 12_815_504.569147611]])('of %d is %d', (x, value) => {
    expect(Math.abs(logGamma(x) - value)).toBeLessThanOrEqual(1e-11 + 1e-14 * value);
  });

  it('grows by log x from x to x + 1', () => {
    fc.assert(fc.property(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (x) => {
      expect(Math.abs(logGamma(x + 1) - logGamma(x) - Math.log(x))).toBeLessThanOrEqual(2e-11 + 1e-14 * logGamma(x + 1));
    }));
  });
});
