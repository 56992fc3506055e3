// Customers of the marketplace, as Olist publishes them.
import { id, source, text } from '../lib/contracts/index.ts';

export const customers = source('customers', {
  description: 'One row an order\'s customer: the marketplace gives a person a new `customer_id` with each order; `customer_unique_id` is the person.',
  owner: 'marketplace',
  version: '1.0',
  files: { names: ['olist_customers_dataset.csv'] },
  timeZone: 'America/Sao_Paulo',
  key: ['customer_id'],
  columns: {
    customer_id: id({ description: 'The customer as one order knows them.' }),
    customer_unique_id: id({ description: 'The person.' }),
    customer_zip_code_prefix: text({ pattern: '[0-9]{5}', description: 'First five digits of the postcode.' }),
    customer_city: text(),
    customer_state: text({ pattern: '[A-Z]{2}' }),
  },
});
