// A British shop's invoices, one compressed file a day: sales, cancellations, corrections of stock, adjustments of accounts.
import type { Bytes } from '../core/bytes.ts';
import type { Landing } from '../core/landing.ts';
import { Random } from '../core/random.ts';
import { DAY, dateText, dayOf, weekdayOf } from '../core/time.ts';

export interface InvoicesTruth {
  rows: number;
  files: number;
  invoices: number;
  customers: number;
  without_customer: number;
  cancellation_rows: number;
  adjustment_rows: number;
  free_rows: number;
  quantity: number;
  /** Pence: quantity × price of all rows, and of the adjustments (A…) among them. */
  amount: number;
  adjustments: number;
  /** Pence: of all rows with a customer. */
  amount_of_customers: number;
  by_country: Record<string, number>;
  by_day: Record<string, number>;
}

const FROM = dayOf(2018, 9, 24);
const LAST = dayOf(2018, 10, 17);
const STOCK = 420;
const ADJECTIVES = 'WHITE,RED,VINTAGE,REGENCY,PINK,IVORY,RETRO,SET OF 3,PACK OF 12,JUMBO,PARTY,HANGING,WOODEN,GLASS'.split(',');
const NOUNS =
  (
    'HEART T-LIGHT HOLDER,METAL LANTERN,CAKESTAND 3 TIER,HOT WATER BOTTLE,LUNCH BAG,JAM MAKING SET,PHOTO FRAME,BUNTING,DOORMAT,' +
    'PAPER CHAIN KIT,TEA TOWEL,ALARM CLOCK BAKELIKE'
  ).split(',');
const COUNTRIES = ['United Kingdom', 'Germany', 'France', 'EIRE', 'Spain', 'Netherlands', 'Belgium', 'Portugal'];
const COLUMNS = ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'InvoiceDate', 'UnitPrice', 'CustomerID', 'Country'];

interface Line {
  invoice: string;
  stock: number;
  code?: string;
  description: string;
  quantity: number;
  time: number;
  price: number;
  customer: number;
  country: string;
}

export async function writeInvoices(landing: Landing, seed: number, scale: number): Promise<InvoicesTruth> {
  const random = new Random(seed, 'invoices');
  const customers = Math.max(20, Math.round(260 * scale));
  const truth: InvoicesTruth = {
    rows: 0,
    files: 0,
    invoices: 0,
    customers: 0,
    without_customer: 0,
    cancellation_rows: 0,
    adjustment_rows: 0,
    free_rows: 0,
    quantity: 0,
    amount: 0,
    adjustments: 0,
    amount_of_customers: 0,
    by_country: {},
    by_day: {},
  };
  const seen = new Set<number>();
  const sold: Line[] = [];
  let number = 580_000;
  for (let day = FROM; day <= LAST; day++) {
    if (weekdayOf(day) === 5) continue;
    const lines: Line[] = [];
    const invoices = Math.max(3, Math.round(13 * scale * (0.8 + 0.4 * random.real())));
    for (let i = 0; i < invoices; i++) {
      const time = day * DAY + 8 * 3600 + Math.floor((i * 11 * 3600) / invoices / 60) * 60;
      lines.push(...oneInvoice(random, String(number++), time, customers, sold));
    }
    if (day === LAST - 5)
      lines.push({
        invoice: `A${number++}`,
        stock: -1,
        code: 'B',
        description: 'Adjust bad debt',
        quantity: 1,
        time: day * DAY + 53_400,
        price: -1_106_206,
        customer: -1,
        country: COUNTRIES[0]!,
      });
    const file = await landing.file('online_retail', `online_retail_${dateText(day)}.csv.gz`, COLUMNS, { compressed: true });
    for (const line of lines) {
      writeLine(file.bytes, line);
      file.endRow();
      if (file.full) await file.drain();
      count(truth, line, seen);
    }
    truth.invoices += new Set(lines.map(({ invoice }) => invoice)).size;
    truth.files++;
    await file.close();
  }
  truth.customers = seen.size;
  return truth;
}

function writeLine(bytes: Bytes, line: Line): void {
  bytes.ascii(line.invoice);
  bytes.comma();
  bytes.ascii(line.code ?? stockCode(line.stock));
  bytes.comma();
  if (line.description.includes(',')) bytes.ascii(`"${line.description}"`);
  else bytes.ascii(line.description);
  bytes.comma();
  bytes.integer(line.quantity);
  bytes.comma();
  bytes.time(line.time);
  bytes.comma();
  bytes.cents(line.price);
  bytes.comma();
  if (line.customer >= 0) bytes.ascii(`${line.customer}.0`);
  bytes.comma();
  bytes.ascii(line.country);
}

function oneInvoice(random: Random, number: string, time: number, customers: number, sold: Line[]): Line[] {
  const draw = random.real();
  if (draw < 0.13 && sold.length > 20) {
    const back = random.pick(sold);
    return [{ ...back, invoice: `C${number}`, quantity: -Math.max(1, random.between(1, back.quantity)), time }];
  }
  if (draw < 0.17) {
    const description = random.pick(['', 'damages', 'check', '?', 'lost, not found']);
    return [
      {
        invoice: number,
        stock: random.below(STOCK),
        description,
        quantity: random.between(-40, -1),
        time,
        price: 0,
        customer: -1,
        country: COUNTRIES[0]!,
      },
    ];
  }
  const customer = random.chance(0.22) ? -1 : 12_346 + Math.min(random.below(customers), random.below(customers));
  const country = random.chance(0.9) ? COUNTRIES[0]! : COUNTRIES[1 + Math.min(random.below(7), random.below(7))]!;
  const lines: Line[] = [];
  const stocks = new Set<number>();
  const size = 1 + Math.min(random.below(30), random.below(30));
  while (stocks.size < size) stocks.add(Math.min(random.below(STOCK), random.below(STOCK)));
  for (const stock of stocks) {
    const quantity = random.chance(0.15) ? random.pick([24, 48, 96]) : random.between(1, 12);
    const line = {
      invoice: number,
      stock,
      description: descriptionOf(stock),
      quantity,
      time,
      price: random.chance(0.004) ? 0 : priceOf(stock),
      customer,
      country,
    };
    lines.push(line);
    if (customer >= 0) sold.push(line);
  }
  return lines;
}

function stockCode(stock: number): string {
  return `${20_700 + ((stock * 37) % 9000)}${stock % 4 === 0 ? 'ABCDEFGH'[stock % 8]! : ''}`;
}

function descriptionOf(stock: number): string {
  const noun = NOUNS[Math.floor(stock / ADJECTIVES.length) % NOUNS.length]!;
  return `${ADJECTIVES[stock % ADJECTIVES.length]} ${noun}${stock % 11 === 0 ? ' , BOXED' : ''}`;
}

function priceOf(stock: number): number {
  return [85, 125, 165, 195, 255, 295, 375, 425, 495, 795, 1275][stock % 11]!;
}

function count(truth: InvoicesTruth, line: Line, seen: Set<number>): void {
  const pence = line.quantity * line.price;
  truth.rows++;
  truth.quantity += line.quantity;
  truth.amount += pence;
  if (line.customer >= 0) {
    seen.add(line.customer);
    truth.amount_of_customers += pence;
  } else truth.without_customer++;
  if (line.invoice.startsWith('C')) truth.cancellation_rows++;
  if (line.price === 0) truth.free_rows++;
  if (line.invoice.startsWith('A')) {
    truth.adjustment_rows++;
    truth.adjustments += pence;
  }
  truth.by_country[line.country] = (truth.by_country[line.country] ?? 0) + pence;
  const day = dateText(Math.floor(line.time / DAY));
  truth.by_day[day] = (truth.by_day[day] ?? 0) + pence;
}
