// Invoices of a British web shop, in the columns of UCI's "Online Retail": the shape of any shop that just has invoices.
import { id, integer, money, source, text, timestamp } from '../lib/contracts/index.ts';

export const onlineRetail = source('online_retail', {
  description: 'One row a line of an invoice. An invoice that starts with C is a cancellation, one that starts with A an adjustment of accounts.',
  owner: 'finance',
  version: '1.0',
  files: { names: ['online_retail.csv', 'online_retail_*.csv', 'Online Retail.csv', 'OnlineRetail.csv'] },
  timeZone: 'Europe/London',
  currency: 'GBP',
  duplicates: 'row',
  eventTime: 'invoice_date',
  columns: {
    InvoiceNo: id({ as: 'invoice_no', aliases: ['Invoice'] }),
    StockCode: id({ as: 'stock_code' }),
    Description: text({ as: 'description', nullable: true }),
    Quantity: integer({ as: 'quantity', description: 'Negative where goods came back or stock was corrected; never 0.' }),
    InvoiceDate: timestamp({ as: 'invoice_date', formats: ['%m/%d/%Y %H:%M'] }),
    UnitPrice: money({ as: 'unit_price', aliases: ['Price'] }),
    CustomerID: id({ as: 'customer_id', aliases: ['Customer ID'], nullable: true, canonical: 'integer' }),
    Country: text({ as: 'country' }),
  },
  rules: {
    quantity_is_not_zero: 'quantity <> 0',
    negative_price_is_an_adjustment: "unit_price >= 0 OR invoice_no LIKE 'A%'",
  },
});
