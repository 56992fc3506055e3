// A quote: every carrier that answers counts, and one that does not is named.
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daysOfGrace, distanceKm, httpCarrier, quoteShipping, tableCarrier, volumetricWeightKg, ZoneMap, type QuoteRequest, type QuoteSettings, type Rate } from '../../lib/shipping/index.ts';

const zones = new ZoneMap([['01', 'capital'], ['013', 'centre'], ['2', 'coast']]);
const rate = (change: Partial<Rate>): Rate => ({
  carrier: 'post', service: 'standard', originZone: 'capital', destinationZone: 'coast', minWeightKg: 0, maxWeightKg: 5, basePrice: 10, pricePerKg: 2, transitDays: 4, validFrom: '2018-01-01', ...change,
});
const post = tableCarrier('post', [
  rate({}), rate({ minWeightKg: 5, maxWeightKg: 30, basePrice: 20, pricePerKg: 1.5 }), rate({ service: 'express', basePrice: 25, transitDays: 1 }),
  rate({ basePrice: 8, validFrom: '2018-06-01' }), rate({ basePrice: 1, validFrom: '2017-01-01', validTo: '2018-01-01' }), rate({ carrier: 'other', basePrice: 1 }),
]);
const settings: QuoteSettings = { zones, carriers: [post], latenessOf: () => [] };
const request: QuoteRequest = { originPostcode: '01001-000', destinationPostcode: '20040', parcels: [{ weightKg: 1.5 }], orderValue: 50, handedOverOn: '2018-03-01' };

describe('a quote', () => {
  it('has the rates that hold, cheapest first', async () => {
    expect(await quoteShipping(request, settings)).toMatchObject({
      originZone: 'capital', destinationZone: 'coast', chargeableWeightKg: 1.5, failed: [],
      options: [{ carrier: 'post', service: 'standard', price: 13, customerPrice: 13, promiseDate: '2018-03-08' }, { service: 'express', price: 28, promiseDate: '2018-03-05' }],
    });
    expect((await quoteShipping({ ...request, handedOverOn: '2018-06-01' }, settings)).options[0]).toMatchObject({ price: 11 });
  });

  it('counts the room of a light parcel', async () => {
    expect(volumetricWeightKg({ weightKg: 1, lengthCm: 50, widthCm: 40, heightCm: 30 })).toBe(12);
    expect(await quoteShipping({ ...request, parcels: [{ weightKg: 1, lengthCm: 50, widthCm: 40, heightCm: 30 }] }, settings)).toMatchObject({ chargeableWeightKg: 12, options: [{ price: 30.5 }] });
  });

  it('is free by the cheapest service from the threshold on', async () => {
    const free = { ...settings, freeShipping: { threshold: 79 } };
    expect(await quoteShipping(request, free)).toMatchObject({ missingForFree: 29, options: [{ customerPrice: 13 }, { customerPrice: 28 }] });
    expect(await quoteShipping({ ...request, orderValue: 79 }, free)).toMatchObject({ missingForFree: 0, options: [{ customerPrice: 0, price: 13 }, { customerPrice: 28 }] });
  });

  it('is free for a sum that is the threshold, also where its binary fraction is below', async () => {
    const value = 0.7 + 0.2 + 0.1; // 0.9999999999999999
    expect(value).toBeLessThan(1);
    const quote = await quoteShipping({ ...request, orderValue: value }, { ...settings, freeShipping: { threshold: 1 } });
    expect(quote).toMatchObject({ missingForFree: 0, options: [{ customerPrice: 0 }, { customerPrice: 28 }] });
    expect(await quoteShipping({ ...request, orderValue: 78.99 }, { ...settings, freeShipping: { threshold: 79 } })).toMatchObject({ missingForFree: 0.01, options: [{ customerPrice: 13 }, {}] });
  });

  it('has no options where nobody goes', async () => {
    expect(await quoteShipping({ ...request, destinationPostcode: '999' }, settings)).toMatchObject({ destinationZone: 'unknown', options: [] });
  });

  it.each([[[], /no parcel/], [[{ weightKg: -1 }], /weightKg is no size/], [[{ weightKg: 1, lengthCm: Number.NaN }], /lengthCm is no size/]])('refuses parcels that cannot be: %j', async (parcels, message) => {
    await expect(quoteShipping({ ...request, parcels }, settings)).rejects.toThrow(message);
  });
});

describe('a zone', () => {
  it('is that of the longest prefix', () => {
    expect(['01310-100', '01001', '2', 'SW1A', ''].map((postcode) => zones.zoneOf(postcode))).toEqual(['centre', 'capital', 'coast', 'unknown', 'unknown']);
  });

  it('lies at a distance that does not depend on the direction', () => {
    const place = fc.record({ latitude: fc.double({ min: -90, max: 90, noNaN: true }), longitude: fc.double({ min: -180, max: 180, noNaN: true }) });
    fc.assert(fc.property(place, place, (from, to) => {
      expect(distanceKm(from, to)).toBeCloseTo(distanceKm(to, from), 6);
      expect(distanceKm(from, to)).toBeLessThanOrEqual(Math.PI * 6371.0088 + 1e-6);
    }));
    expect(distanceKm({ latitude: -23.5505, longitude: -46.6333 }, { latitude: -22.9068, longitude: -43.1729 })).toBeCloseTo(360.7, 0);
  });
});

describe('a promise', () => {
  it('is kept for the share that it states', () => {
    const lateness = Array.from({ length: 99 }, (_, index) => index / 10 - 2); // −2.0 … 7.8
    expect(daysOfGrace(lateness, 0.9)).toBe(7);
    expect(daysOfGrace(lateness, 0.5)).toBe(3);
    expect(daysOfGrace([1, 2], 0.9)).toBeUndefined();
  });
});

describe('a carrier over HTTP', () => {
  let server: Server;
  let url: string;
  let answers: ((body: string) => { status: number; body: string } | 'silence' | 'drops' | 'hang up')[];
  let asked: unknown[];
  beforeAll(async () => {
    server = createServer((incoming, response) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => {
        asked.push(JSON.parse(body));
        const answer = answers.shift()!(body);
        if (answer === 'drops') response.writeHead(200, { 'content-type': 'application/json' }).write('{"offers":[');
        else if (answer === 'hang up') incoming.socket.destroy();
        else if (answer !== 'silence') response.writeHead(answer.status, { 'content-type': 'application/json', ...(answer.status === 307 ? { location: '/elsewhere' } : {}) }).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rates`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const ok = (offers: unknown) => () => ({ status: 200, body: JSON.stringify({ offers }) });
  /** Who answers has all the time that a busy machine needs. */
  const quoted = (given: typeof answers, timeoutMilliseconds = 20_000) => {
    [answers, asked] = [given, []];
    return quoteShipping(request, { ...settings, carriers: [post, httpCarrier({ name: 'courier', url, timeoutMilliseconds })], patienceMilliseconds: 20_000 });
  };

  it('is asked for zones and weight, and its offers stand beside the others', async () => {
    const quote = await quoted([ok([{ service: 'bike', price: 9.5, transitDays: 0 }])]);
    expect(asked).toEqual([expect.objectContaining({ originZone: 'capital', destinationZone: 'coast', chargeableWeightKg: 1.5 })]);
    expect(quote.options.map(({ carrier: name, price }) => [name, price])).toEqual([['courier', 9.5], ['post', 13], ['post', 28]]);
  });

  it('is asked again when it is overloaded', async () => {
    expect((await quoted([() => ({ status: 503, body: '' }), ok([{ service: 'bike', price: 9.5, transitDays: 0 }])])).failed).toEqual([]);
  });

  it.each<[who: string, answers: typeof answers, reason: RegExp, timeoutMilliseconds?: number]>([
    ['that refuses', [() => ({ status: 400, body: '' })], /answered 400/],
    ['that stays silent', [() => 'silence' as const, () => 'silence' as const], /no answer within 200 ms/, 200],
    ['that answers drop by drop', [() => 'drops' as const, () => 'drops' as const], /no answer within 200 ms/, 200],
    ['that hangs up', [() => 'hang up' as const, () => 'hang up' as const], /other side closed|ECONNRESET/],
    ['that answers something else', [ok([{ service: 'bike', price: '9.50' }])], /gave the offer/],
    ['that answers no offers', [() => ({ status: 200, body: '[]' })], /without `offers`/],
    ['that answers a page', [() => ({ status: 200, body: '<html>' })], /no JSON: "<html>"/],
    ['that answers without end', [() => ({ status: 200, body: `{"offers":[],"padding":"${'x'.repeat(1_100_000)}"}` })], /more than 1048576 bytes/],
    ['that answers the half', [() => ({ status: 200, body: '{"offers":[{"service":"bi' })], /no JSON/],
    ['that has moved', [() => ({ status: 307, body: '' })], /answered 307, and names .*elsewhere/],
    ['that fails twice', [() => ({ status: 500, body: '' }), () => ({ status: 502, body: '' })], /answered 502/],
  ])('%s is named, and the quote stands', async (_, given, reason, timeoutMilliseconds) => {
    const quote = await quoted(given, timeoutMilliseconds);
    expect(quote.failed).toEqual([{ carrier: 'courier', reason: expect.stringMatching(reason) as string }]);
    expect(quote.options).toHaveLength(2);
  });

  it.each<[string, object, string[]]>([
    ['of the shop, which it is told', { currency: 'BRL', offers: [{ service: 'bike', price: 9.5, transitDays: 0 }] }, []],
    ['that is not the shop\'s', { currency: 'USD', offers: [{ service: 'bike', price: 9.5, transitDays: 0 }] }, ['the carrier courier offers in another currency than BRL: "USD"']],
    ['that is not the shop\'s, in one offer', { offers: [{ service: 'bike', price: 9.5, transitDays: 0, currency: 'USD' }] }, ['the carrier courier offers in another currency than BRL: "USD"']],
  ])('may name a currency: one %s', async (_, answer, reasons) => {
    [answers, asked] = [[() => ({ status: 200, body: JSON.stringify(answer) })], []];
    const quote = await quoteShipping(request, { ...settings, currency: 'BRL', carriers: [post, httpCarrier({ name: 'courier', url, timeoutMilliseconds: 20_000 })], patienceMilliseconds: 20_000 });
    expect(quote.failed.map(({ reason }) => reason)).toEqual(reasons);
    expect(asked).toEqual([expect.objectContaining({ currency: 'BRL' })]);
  });
});

describe('carriers over HTTP that do their worst, all at once', () => {
  const MEBIBYTE = Buffer.alloc(2 ** 20, 'x');
  let sent = 0;
  /** Writes 100 MB unless the other side hangs up. */
  const flood = (response: ServerResponse, chunk: Buffer): void => {
    let left = 100;
    const more = (): void => {
      while (left-- > 0 && !response.destroyed) {
        sent += 1;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  };
  const worst: Readonly<Record<string, (response: ServerResponse) => void>> = {
    hangs: () => {},
    'fails and floods': (response) => flood(response.writeHead(500), MEBIBYTE),
    floods: (response) => flood(response.writeHead(200, { 'content-type': 'application/json' }), MEBIBYTE),
    'floods, compressed': (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(100 * 2 ** 20, ' '), { level: 1 })),
    'redirects to itself': (response) => void response.writeHead(302, { location: '/redirects%20to%20itself' }).end(),
    'is garbage': (response) => void response.end('\u0000{]'),
    'nests deeply': (response) => void response.end('{"offers":'.repeat(100_000)),
    'asks less than nothing': (response) => void response.end('{"offers":[{"service":"bike","price":-1,"transitDays":1}]}'),
    'asks NaN': (response) => void response.end('{"offers":[{"service":"bike","price":NaN,"transitDays":1}]}'),
    'asks without end': (response) => void response.end('{"offers":[{"service":"bike","price":1e999,"transitDays":1}]}'),
    'offers one long text': (response) => void response.end(`{"offers":["${'x'.repeat(1_000_000)}"]}`),
    'closes in the middle': (response) => {
      response.writeHead(200, { 'content-length': 1_000 }).write('{"offers":[');
      setTimeout(() => response.destroy(), 20);
    },
    'is slow': (response) => {
      response.writeHead(200).flushHeaders();
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    },
  };

  it('are all named in time, the others\' offers stand, and memory is bounded', async () => {
    let open = 0;
    const server = createServer((incoming, response) => {
      open += 1;
      response.on('close', () => (open -= 1));
      incoming.resume();
      worst[decodeURIComponent(incoming.url!.slice(1))]!(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      const carriers = Object.keys(worst).map((name) => httpCarrier({ name, url: at + encodeURIComponent(name), timeoutMilliseconds: 1_500 }));
      const [started, memory] = [performance.now(), process.memoryUsage.rss()];
      const quote = await quoteShipping(request, { ...settings, carriers: [post, ...carriers], patienceMilliseconds: 2_500 });
      const took = performance.now() - started;
      expect(quote.options.map(({ carrier }) => carrier)).toEqual(['post', 'post']);
      expect(quote.failed.map(({ carrier }) => carrier).sort()).toEqual(Object.keys(worst).sort());
      expect(took).toBeLessThan(15_000); // its patience, and what a busy machine adds
      expect(sent).toBeLessThan(100); // of 400: it hangs up instead of reading on
      expect(process.memoryUsage.rss() - memory).toBeLessThan(400 * 2 ** 20); // the server's own hundred are in it
      await expect.poll(() => open, { timeout: 20_000, interval: 50 }).toBe(0); // nobody is left talking to nobody
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }, 60_000);
});
