// What the check of an event costs beside reading it, and the whole transform beside a bare loop that does the same without checking anything. One
// core, records of 1 KB, one personal field. Prints figures; never fails on them.
//   npx tsx bench/stream/validate.ts [--rounds 800]
//
// All take short turns on the same records, so that what disturbs one disturbs the others; what counts is the time that this process had a core for, its
// garbage collection included, over all turns.
import { createHmac } from 'node:crypto';
import { parseArgs } from 'node:util';
import { epochMs, id, integer, money, source, text, type Contract } from '../../lib/contracts/index.ts';
import { eventPlans, openEventChecker, transformFirehose, type PrivacyKey, type StreamRecord } from '../../lib/ingest/events/index.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '800' } } });
const RECORDS = 500;
const TARGET = 0.7;
const NOW = Date.UTC(2026, 10, 21, 12, 0, 0, 123);
const KEY: PrivacyKey = { id: 'k1', pseudonyms: new Uint8Array(32).fill(3), payloads: new Uint8Array(32).fill(4) };

/** A clickstream as wide as live ones are. */
function wide(personal: boolean): Contract {
  const maybe = (options: Parameters<typeof text>[0] = {}) => text({ nullable: true, ...options });
  return source('clicks', {
    description: 'One row a click.', owner: 'web', version: '1.0', timeZone: 'UTC', currency: 'BRL', stream: { partitionKey: 'visitorid' }, eventTime: 'timestamp',
    columns: {
      event_id: id(), timestamp: epochMs({ min: 0, max: 4_102_444_800_000 }), visitorid: id(), event: text({ accepted: ['view', 'addtocart', 'transaction', 'search'] }), itemid: id({ nullable: true }),
      device_type: maybe({ accepted: ['desktop', 'mobile', 'tablet'] }), session_id: id({ nullable: true }), page_url: maybe(), referrer: maybe(), user_agent: maybe(),
      country: maybe({ pattern: '[A-Z]{2}' }), city: maybe(), price: money({ nullable: true, min: 0 }), quantity: integer({ nullable: true, min: 1 }), email: maybe(personal ? { pii: 'email' } : {}), query: maybe(),
    },
    rules: { item_is_known: "event = 'search' OR itemid IS NOT NULL" },
  });
}

const records = Array.from({ length: RECORDS }, (_, at) => Buffer.from(JSON.stringify({
  event_id: `e-${at}-0123456789abcdef0123456789abcdef`, timestamp: NOW - at * 17 - 3, visitorid: String(100_000 + at), event: 'view', itemid: String(at * 7), device_type: 'mobile',
  session_id: `0123456789abcdef${at}`, page_url: `https://shop.example/produtos/${at}?utm_source=newsletter&utm_campaign=black_friday&utm_medium=email&x=${'y'.repeat(180)}`,
  referrer: `https://search.example/?q=tenis+de+corrida+masculino+${'z'.repeat(180)}`,
  user_agent: 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Mobile Safari/537.36', country: 'BR', city: at % 2 === 0 ? 'São Paulo' : 'Recife',
  price: 129.9, quantity: 2, email: `person${at}@example.com`, query: 'p'.repeat(60),
})));
const read = records.map((data, at): StreamRecord => ({ position: { stream: 'clicks', shard: 'shardId-000000000000', sequence: String(at), subsequence: 0 }, partitionKey: 'v', arrivedAt: NOW, data }));
const batch = records.map((data, at) => ({
  recordId: `495469866831355442865074579363216256757001924711567851${at}`, approximateArrivalTimestamp: NOW, data: data.toString('base64'),
  kinesisRecordMetadata: {
    shardId: 'shardId-000000000000', partitionKey: 'v', approximateArrivalTimestamp: NOW, subsequenceNumber: '', sequenceNumber: '49546986683135544286507457936321625675700192471156785154',
  },
}));

const checker = openEventChecker({ plans: eventPlans([wide(false)]), defaultType: 'clicks' });
const transformer = openEventChecker({ plans: eventPlans([wide(true)]), defaultType: 'clicks', key: KEY });
const decoder = new TextDecoder('utf-8', { fatal: true });
let sink = 0;

const loops = {
  'decode, parse': () => {
    for (const data of records) sink += (JSON.parse(decoder.decode(data)) as { timestamp: number }).timestamp;
  },
  'decode, parse, check': () => {
    for (const record of read) sink += checker.check(record).fate === 'accepted' ? 1 : 0;
  },
  'base64, decode, parse, HMAC, stringify, base64': () => {
    for (const { data } of batch) {
      const event = JSON.parse(decoder.decode(Buffer.from(data, 'base64'))) as { email: string };
      event.email = createHmac('sha256', KEY.pseudonyms).update(event.email).digest('hex');
      sink += Buffer.from(JSON.stringify(event)).toString('base64').length;
    }
  },
  'the whole transform': () => {
    sink += transformFirehose({ records: batch }, { checker: transformer, key: KEY, stream: 'clicks', database: 'bronze', now: NOW, mostBytes: Number.POSITIVE_INFINITY }).counters.accepted;
  },
};

type Loop = keyof typeof loops;
const names = Object.keys(loops) as Loop[];
const spent = new Map<Loop, number>(names.map((name) => [name, 0]));
/** The first turns warm up the compiler. */
const WARM_UP = 150;
const rounds = Number(values.rounds);
for (let round = -WARM_UP; round < rounds; round++) {
  for (const name of names) {
    const before = process.cpuUsage();
    loops[name]();
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) spent.set(name, spent.get(name)! + user + system);
  }
}
const micros = (name: Loop): number => spent.get(name)! / (rounds * RECORDS);

function report(name: Loop, floor?: Loop): void {
  const rate = `${Math.round(1e6 / micros(name)).toLocaleString('en')} records/s`;
  const share = floor === undefined ? '' : `   ${((100 * micros(floor)) / micros(name)).toFixed(0)} % of the rate above   ${micros(floor) / micros(name) >= TARGET ? 'met' : 'MISSED'}: at least ${TARGET * 100} %`;
  console.log(`${name.padEnd(50)} ${rate.padStart(20)}   ${micros(name).toFixed(2)} µs each${share}`);
}

console.log(`records of ${records[0]!.length} bytes, ${Object.keys(wide(true).columns).length} columns, node ${process.version}, checksum ${sink % 1000}`);
report('decode, parse');
report('decode, parse, check', 'decode, parse');
report('base64, decode, parse, HMAC, stringify, base64');
report('the whole transform', 'base64, decode, parse, HMAC, stringify, base64');
