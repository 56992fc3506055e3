// A shop in a temporary home: rows land as files, tables run, and what they hold is read as text.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { uuidv7 } from '../../../lib/base/index.ts';
import { ingestNow, openRuntime, type Runtime } from '../../../lib/local/index.ts';
import { Relations, runModel, type RunContext } from '../../../lib/warehouse/index.ts';

const ROOT = join(import.meta.dirname, '../../..');
const HEADERS = {
  orders: 'order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date',
  customers: 'customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state',
  order_items: 'order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value',
  order_payments: 'order_id,payment_sequential,payment_type,payment_installments,payment_value',
  order_reviews: 'review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp',
  shipping_zones: 'postcode_prefix,zone,state,is_remote',
  online_retail: 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
  transactions: 'transaction_id,user_id,product_id,quantity,price,timestamp,payment_method,transaction_status',
  crm_customers: 'customer_id,customer_unique_id,visitorid,name,email,phone,street,postcode,city,state,country,registration_date,customer_segment,marketing_opt_in',
  events: 'timestamp,visitorid,event,itemid,transactionid,event_id,device_type,query',
  item_properties: 'timestamp,itemid,property,value',
  category_tree: 'categoryid,parentid',
} as const;
export type Source = keyof typeof HEADERS;

export class Shop {
  readonly runtime: Runtime;
  readonly #folder: string;
  #files = 0;

  private constructor(folder: string, runtime: Runtime) {
    this.#folder = folder;
    this.runtime = runtime;
  }

  static async open(): Promise<Shop> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-shop-'));
    return new Shop(folder, await openRuntime({ home: folder, project: ROOT, create: true }));
  }

  async close(): Promise<void> {
    await this.runtime.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async land(rows: Partial<Record<Source, readonly string[]>>): Promise<void> {
    for (const [source, lines] of Object.entries(rows)) {
      await mkdir(join(this.runtime.home.landing, source), { recursive: true });
      const file = join(this.runtime.home.landing, source, `${String(++this.#files).padStart(4, '0')}.csv`);
      await writeFile(file, [HEADERS[source as Source], ...lines, ''].join('\n'));
    }
  }

  /** Ingests what landed and brings tables and all that they need up to date; `full` computes the tables' every row again. */
  async run(tables: string | readonly string[], full = false): Promise<void> {
    const project = await this.runtime.project();
    const { lake, clock } = this.runtime;
    await ingestNow(this.runtime, []);
    const context: RunContext = {
      project, lake, clock,
      engine: await this.runtime.engine(),
      relations: new Relations(project, lake),
      runId: uuidv7(clock.now()),
      parameters: { as_of: { type: 'date', value: '2018-10-18' }, shop_currency: { type: 'varchar', value: 'BRL' } },
    };
    const wanted = new Set([tables].flat());
    const needed = new Set([...wanted].flatMap((table) => [table, ...project.graph.upstream(table)]));
    for (const name of project.graph.order.filter((each) => needed.has(each))) {
      const outcome = await runModel(context, name, { full: full && wanted.has(name) });
      expect([name, outcome.status]).not.toEqual([name, 'audit failed']);
    }
  }

  async query(sql: string): Promise<unknown[][]> {
    return (await (await this.runtime.engine()).query(sql)).rows;
  }

  /** Rows as text, in an order of their own. */
  async rowsOf(table: string): Promise<string[]> {
    return (await this.query(`SELECT * FROM ${table}`)).map((row) => row.map(String).join('|')).sort();
  }

  async filesOf(table: string): Promise<string[]> {
    const [namespace, name] = table.split('.');
    return (await this.query(`SELECT file_path FROM ${namespace}."${name}$files"`)).map(([path]) => String(path)).sort();
  }

  /** Runs what changed, then everything: the rows must be the same. Gives back how many files of the table stayed as they were. */
  async staysRight(table: string): Promise<{ kept: number; before: number }> {
    const before = await this.filesOf(table);
    await this.run(table);
    const after = new Set(await this.filesOf(table));
    const incremental = await this.rowsOf(table);
    await this.run(table, true);
    expect(incremental).toEqual(await this.rowsOf(table));
    return { kept: before.filter((path) => after.has(path)).length, before: before.length };
  }
}
