// Carriers that fail, estimates where nobody offers anything, and days that are promised by a model, by history, or by neither.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chargeableWeightKg, CUBIC_CM_PER_KG, quoteShipping, shippingSettings, tableCarrier, volumetricWeightKg, withBreaker, ZoneMap, type Carrier, type QuoteRequest, type QuoteSettings, type Rate } from '../../lib/shipping/index.ts';

const zones = new ZoneMap([['0', 'capital'], ['2', 'coast']]);
const rate = (change: Partial<Rate>): Rate => ({
  carrier: 'post', service: 'standard', originZone: 'capital', destinationZone: 'coast', minWeightKg: 0, maxWeightKg: 5, basePrice: 10, pricePerKg: 2, transitDays: 4, validFrom: '2018-01-01', ...change,
});
const rates = [rate({}), rate({ service: 'express', basePrice: 25, transitDays: 1 }), rate({ service: 'economy', basePrice: 8, transitDays: 7 })];
const card = tableCarrier('post', rates);
const request: QuoteRequest = { originPostcode: '01001', destinationPostcode: '20040', parcels: [{ weightKg: 1.5 }], orderValue: 50, handedOverOn: '2018-03-01' };
const settings: QuoteSettings = { zones, carriers: [card], latenessOf: () => [] };

describe('a carrier that keeps failing', () => {
  const asked = { originZone: 'a', destinationZone: 'b', originPostcode: '1', destinationPostcode: '2', chargeableWeightKg: 1, handedOverOn: '2018-03-01' };
  function flaky(fails: () => boolean): { carrier: Carrier; calls: () => number } {
    let calls = 0;
    return { calls: () => calls, carrier: { name: 'courier', offers: async () => {
      calls++;
      if (fails()) throw new Error('it burns');
      return [];
    } } };
  }

  it('is left alone for a while, then one request tries', async () => {
    let [now, fails] = [0, true];
    const { carrier, calls } = flaky(() => fails);
    const guarded = withBreaker(carrier, { failuresToOpen: 3, openMilliseconds: 1_000, now: () => now });
    for (let each = 0; each < 3; each++) await expect(guarded.offers(asked)).rejects.toThrow(/burns/);
    await expect(guarded.offers(asked)).rejects.toThrow(/left alone for 1 s after 3 failures: it burns/);
    expect(calls()).toBe(3);
    now = 1_000;
    await Promise.allSettled([guarded.offers(asked), guarded.offers(asked), guarded.offers(asked)]);
    expect(calls()).toBe(4);
    [now, fails] = [2_000, false];
    expect(await guarded.offers(asked)).toEqual([]);
    expect(await guarded.offers(asked)).toEqual([]);
    expect(calls()).toBe(6);
  });

  it('is not blamed for a request that the caller gave up', async () => {
    const { carrier, calls } = flaky(() => true);
    const guarded = withBreaker(carrier, { failuresToOpen: 1, openMilliseconds: 1_000, now: () => 0 });
    const gone = AbortSignal.abort();
    for (let each = 0; each < 3; each++) await expect(guarded.offers(asked, gone)).rejects.toThrow(/burns/);
    expect(calls()).toBe(3);
  });

  it('is stood in for by its rate card, and named', async () => {
    const down: Carrier = { name: 'post', offers: async () => {
      throw new Error('it burns');
    } };
    const quote = await quoteShipping(request, { ...settings, carriers: [down], cards: new Map([['post', card]]) });
    expect(quote.failed).toEqual([{ carrier: 'post', reason: 'it burns' }]);
    expect(quote.options.map(({ service, price, source }) => [service, price, source])).toEqual([['economy', 11, 'rate_card'], ['standard', 13, 'rate_card'], ['express', 28, 'rate_card']]);
  });
});

describe('a carrier of one\'s own', () => {
  const own = (offers: Carrier['offers']): Carrier => ({ name: 'own', offers });
  const quoted = (carrier: Carrier, change: Partial<QuoteSettings> = {}) => quoteShipping(request, { ...settings, carriers: [card, carrier], patienceMilliseconds: 50, currency: 'BRL', ...change });

  it.each<[string, Carrier['offers'], RegExp]>([
    ['throws before it promises anything', () => { throw new Error('not configured'); }, /not configured/],
    ['never answers', () => new Promise(() => {}), /no answer within 50 ms/],
    ['answers nothing', (async () => undefined) as unknown as Carrier['offers'], /no list of offers/],
    ['asks a price that is no number', async () => [{ carrier: 'own', service: 'bike', price: Number.NaN, transitDays: 1, source: 'carrier' }], /the offer/],
    ['asks less than nothing', async () => [{ carrier: 'own', service: 'bike', price: -1, transitDays: 1, source: 'carrier' }], /the offer/],
    ['asks in another currency', (async () => [{ carrier: 'own', service: 'bike', price: 1, transitDays: 1, source: 'carrier', currency: 'USD' }]) as Carrier['offers'], /another currency than BRL: "USD"/],
    ['offers without end', async () => Array.from({ length: 201 }, () => ({ carrier: 'own', service: 'bike', price: 1, transitDays: 1, source: 'carrier' as const })), /201 offers, more than 200/],
    ['talks without end', async () => [{ carrier: 'own', service: 'x'.repeat(201), price: 1, transitDays: 1, source: 'carrier' }], /the offer/],
    ['takes for ever', async () => [{ carrier: 'own', service: 'bike', price: 1, transitDays: Infinity, source: 'carrier' }], /the offer/],
  ])('that %s is named, and the quote stands', async (_, offers, reason) => {
    const quote = await quoted(own(offers));
    expect(quote.failed).toEqual([{ carrier: 'own', reason: expect.stringMatching(reason) as string }]);
    expect(quote.options).toHaveLength(3);
  });

  it('is told when nobody waits for it any longer, and left alone after a few times', async () => {
    let [asked, told] = [0, 0];
    const slow = withBreaker(own((_, signal) => new Promise((_resolve, reject) => {
      asked += 1;
      signal?.addEventListener('abort', () => {
        told += 1;
        reject(signal.reason as Error);
      });
    })), { failuresToOpen: 2, now: () => 0 });
    for (let each = 0; each < 3; each++) await quoted(slow);
    expect([asked, told]).toEqual([2, 2]);
    expect((await quoted(slow)).failed[0]!.reason).toMatch(/left alone for 30 s after 2 failures: no answer within 50 ms/);
  });

  it('never spoils a quote, whatever carriers answer', async () => {
    const anything = fc.oneof(fc.double(), fc.integer({ min: -5, max: 500 }), fc.string(), fc.constant(null), fc.constant(undefined));
    const offer = fc.oneof(fc.record({ service: fc.constantFrom('bike', 'train', ''), price: anything, transitDays: anything }), fc.record({ service: fc.constant('bike'), price: fc.double({ min: 0, max: 500, noNaN: true }), transitDays: fc.integer({ min: 0, max: 20 }) }), fc.anything());
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.array(offer, { maxLength: 4 }), fc.anything()), { minLength: 1, maxLength: 4 }), fc.double({ min: 0, max: 200, noNaN: true }), async (answers, orderValue) => {
      const carriers = answers.map((answer, index): Carrier => ({ name: `c${index}`, offers: async () => answer as never }));
      const { options, failed, missingForFree } = await quoteShipping({ ...request, orderValue }, { ...settings, carriers, freeShipping: { threshold: 79 } });
      for (const name of carriers.map((one) => one.name)) expect(failed.some(({ carrier }) => carrier === name) && options.some(({ carrier }) => carrier === name)).toBe(false);
      options.forEach(({ price, customerPrice, promiseDate, transitDays }, index) => {
        expect([Number.isInteger(Math.round(price * 1e9) / 1e7), price >= (options[index - 1]?.price ?? 0), /^\d{4}-\d\d-\d\d$/.test(promiseDate), transitDays >= 0]).toEqual([true, true, true, true]);
        expect(customerPrice).toBe(index === 0 && missingForFree === 0 ? 0 : price);
      });
    }), { numRuns: 300 });
  });

  it('asks in whole coins of the shop', async () => {
    const bike = own(async () => [{ carrier: 'own', service: 'bike', price: 7.4951, transitDays: 1, source: 'carrier' }]);
    expect((await quoted(bike)).options[0]).toMatchObject({ carrier: 'own', price: 7.5, customerPrice: 7.5 });
    expect((await quoted(bike, { fractionDigits: 0 })).options.map(({ price }) => price)).toEqual([7, 11, 13, 28]);
  });
});

describe('an estimate of the freight', () => {
  const freightOf: QuoteSettings['freightOf'] = () => 14.2;
  it('stands beside what carriers ask, and changes nothing of it', async () => {
    const [quote, plain] = [await quoteShipping(request, { ...settings, freightOf }), await quoteShipping(request, settings)];
    expect(quote).toEqual({ ...plain, freightEstimate: 14.2 });
  });

  it('is the only option where nobody goes, and says so', async () => {
    expect((await quoteShipping({ ...request, destinationPostcode: '9' }, { ...settings, freightOf, arrivalDays: () => 11.3 })).options)
      .toEqual([{ carrier: 'estimate', service: 'standard', price: 14.2, customerPrice: 14.2, transitDays: 12, source: 'estimate', promiseDate: '2018-03-13', promiseBasis: 'model' }]);
    expect((await quoteShipping({ ...request, destinationPostcode: '9' }, { ...settings, freightOf: () => undefined })).options).toEqual([]);
  });
});

describe('a promised day', () => {
  const promised = async (change: Partial<QuoteSettings>) => (await quoteShipping(request, { ...settings, ...change })).options.map(({ service, promiseDate, promiseBasis }) => [service, promiseDate, promiseBasis]);
  it('is the model\'s, sooner for a quicker service and later for a slower one', async () => {
    expect(await promised({ arrivalDays: () => 9.2, standardDays: () => 4 })).toEqual([['economy', '2018-03-14', 'model'], ['standard', '2018-03-11', 'model'], ['express', '2018-03-08', 'model']]);
  });

  it('goes by parcels that went there before where there is no model, and by days of grace where there are too few', async () => {
    const lateness = Array.from({ length: 99 }, (_, index) => index / 10 - 2);
    expect((await promised({ latenessOf: () => lateness }))[1]).toEqual(['standard', '2018-03-12', 'history']);
    expect((await promised({ latenessOf: () => [1, 2], graceDays: 5 }))[1]).toEqual(['standard', '2018-03-10', 'default']);
  });

  it('is never before the parcel is handed over', async () => {
    expect((await promised({ arrivalDays: () => 1, standardDays: () => 4 }))[2]).toEqual(['express', '2018-03-01', 'model']);
  });
});

describe('settings', () => {
  it('have defaults, and carriers over HTTP', () => {
    expect(shippingSettings(undefined)).toEqual({ confidence: 0.9, graceDays: 3, cubicCmPerKg: 5000, roundUpToKg: 0, patienceMilliseconds: 2_500, carriers: [] });
    expect(shippingSettings({ freeFrom: 79, carriers: { courier: { url: 'https://rates.example/quote', authorizationFrom: 'COURIER_TOKEN' } } })).toMatchObject({
      freeFrom: 79, carriers: [{ name: 'courier', url: 'https://rates.example/quote', timeoutMilliseconds: 800, retries: 1, failuresToOpen: 3, openMilliseconds: 30_000, authorizationFrom: 'COURIER_TOKEN' }],
    });
  });

  it.each([
    [{ freeForm: 79 }, /no setting shipping of millrace.config.ts.freeForm/], [{ confidence: 1 }, /confidence is 1/], [{ carriers: { courier: { url: 'rates.example' } } }, /courier.url is "rates.example"/],
    [{ carriers: { courier: { url: 'https://a', retries: 1.5 } } }, /courier.retries is 1.5/], [{ carriers: [] }, /is not a list of settings/],
  ])('that cannot be are refused by name: %j', (given, message) => {
    expect(() => shippingSettings(given as never)).toThrow(message);
  });
});

describe('weights and zones', () => {
  const size = fc.double({ min: 0, max: 300, noNaN: true });
  const parcel = fc.record({ weightKg: fc.double({ min: 0, max: 100, noNaN: true }), lengthCm: size, widthCm: size, heightCm: size });

  it('count the greater of weight and room, parcel by parcel', () => {
    fc.assert(fc.property(fc.array(parcel, { minLength: 1, maxLength: 5 }), fc.double({ min: 1000, max: 10_000, noNaN: true }), (parcels, divisor) => {
      const weight = chargeableWeightKg(parcels, divisor);
      const [real, room] = [parcels.reduce((sum, { weightKg }) => sum + weightKg, 0), parcels.reduce((sum, each) => sum + volumetricWeightKg(each, divisor)!, 0)];
      expect(weight).toBeGreaterThanOrEqual(Math.max(real, room) - 1e-6);
      expect(weight).toBeLessThanOrEqual(real + room + 1e-6);
      expect(chargeableWeightKg([...parcels].reverse(), divisor)).toBeCloseTo(weight, 5);
    }));
    expect(volumetricWeightKg({ weightKg: 1, lengthCm: 50, widthCm: 40, heightCm: 30 })).toBe((50 * 40 * 30) / CUBIC_CM_PER_KG);
  });

  it.each([
    ['0.1 kg and 0.2 kg are 0.3 kg', [0.1, 0.2], 0, 0.3], ['0.7, 0.1 and 0.2 kg are 1 kg', [0.7, 0.2, 0.1], 0, 1], ['nothing weighs nothing', [0], 0.5, 0],
    ['each parcel is rounded up to half kilograms', [0.2, 1.2], 0.5, 2], ['a whole step stays', [0.5, 1.5], 0.5, 2], ['also where the fraction is a binary one', [0.3], 0.1, 0.3],
  ])('%s', (_, weights, step, expected) => {
    expect(chargeableWeightKg(weights.map((weightKg) => ({ weightKg })), undefined, step)).toBe(expected);
  });

  it('take the bracket that begins at the weight', async () => {
    const brackets = tableCarrier('post', [rate({ minWeightKg: 0, maxWeightKg: 0.3, basePrice: 5, pricePerKg: 0 }), rate({ minWeightKg: 0.3, maxWeightKg: 1, basePrice: 7, pricePerKg: 0 }), rate({ minWeightKg: 1, maxWeightKg: 30, basePrice: 9, pricePerKg: 1 })]);
    const priceOf = async (...weights: number[]) => (await quoteShipping({ ...request, parcels: weights.map((weightKg) => ({ weightKg })) }, { ...settings, carriers: [brackets] })).options[0]?.price;
    expect([await priceOf(0), await priceOf(0.299), await priceOf(0.1, 0.2), await priceOf(0.7, 0.2, 0.1), await priceOf(29.999), await priceOf(30)]).toEqual([5, 5, 7, 9, 38, undefined]);
  });

  it('read a postcode however it is written, and prefixes too', () => {
    const map = new ZoneMap([['sw1', 'london'], ['01-3', 'centre'], ['2', 'coast']]);
    expect(['SW1A 1AA', 'sw1a1aa', '01310-100', '０１３１０', '20040 ', '٢٠٠٤٠', '💌', ''].map((postcode) => map.zoneOf(postcode))).toEqual(['london', 'london', 'centre', 'centre', 'coast', 'unknown', 'unknown', 'unknown']);
  });

  it('find the zone of the longest prefix, however the prefixes are listed and the postcode is written', () => {
    const digits = fc.stringMatching(/^\d{1,5}$/);
    fc.assert(fc.property(fc.uniqueArray(fc.tuple(digits, fc.constantFrom('a', 'b', 'c')), { selector: ([prefix]) => prefix, minLength: 1, maxLength: 12 }), fc.stringMatching(/^\d{5}$/), (prefixes, postcode) => {
      const best = prefixes.filter(([prefix]) => postcode.startsWith(prefix)).sort(([one], [other]) => other.length - one.length)[0]?.[1] ?? 'unknown';
      expect(new ZoneMap(prefixes).zoneOf(postcode)).toBe(best);
      expect(new ZoneMap([...prefixes].reverse()).zoneOf(`${postcode.slice(0, 2)}.${postcode.slice(2)}-`)).toBe(best);
    }));
  });
});
