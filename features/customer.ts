// What a customer has bought lately at the shop's own till, by the id that the till knows; silver.customer_xref ties it to the person.
import { count, distinct, featureView, first, last, max, ratio, sum } from '../lib/features/index.ts';

const counts = "coalesce(transaction_status, '') NOT IN ('cancelled', 'refunded')";

export const customer = featureView('customer', {
  from: 'transactions', entity: 'source_customer_id', time: 'transaction_timestamp', description: "What a customer has bought lately at the shop's own till.",
}, {
  purchases_30d: count({ where: counts, within: '30d' }),
  purchases_90d: count({ where: counts, within: '90d' }),
  spend_30d: sum('quantity * unit_price', { where: counts, within: '30d', description: 'In the currency of the shop.' }),
  spend_90d: sum('quantity * unit_price', { where: counts, within: '90d' }),
  items_90d: distinct('source_item_id', { where: counts, within: '90d' }),
  refunds_90d: count({ where: "transaction_status IN ('cancelled', 'refunded')", within: '90d' }),
  most_expensive_90d: max('unit_price', { where: counts, within: '90d' }),
  first_purchase_at: first('transaction_timestamp', { where: counts, within: '365d', description: 'The first within a year.' }),
  last_purchase_at: last('transaction_timestamp', { where: counts, within: '365d' }),
  last_payment_method: last('payment_method', { where: counts, within: '365d' }),
  average_purchase_90d: ratio('spend_90d', 'purchases_90d'),
});
