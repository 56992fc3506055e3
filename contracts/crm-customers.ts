// Customers as the shop's CRM knows them; the place where ids of other systems meet.
import { config } from '../millrace.config.ts';
import { boolean, date, id, source, text } from '../lib/contracts/index.ts';

export const crmCustomers = source('crm_customers', {
  description: 'One row a registered customer. `customer_id` is what `transactions.user_id` and `interactions.customer_id` hold; '
    + 'where the customer is known elsewhere, their ids there stand beside it.',
  owner: 'crm',
  version: '1.0',
  files: { names: ['crm_customers.csv', 'crm_customers_*.csv'] },
  timeZone: config.shop.timeZone,
  key: ['customer_id'],
  columns: {
    customer_id: id({ description: 'The CRM\'s id.' }),
    customer_unique_id: id({ nullable: true, references: 'customers.customer_unique_id', description: 'The same person at the marketplace.' }),
    visitorid: id({ nullable: true, references: 'events.visitorid', description: 'The same person in the clickstream.' }),
    name: text({ pii: 'name' }),
    email: text({ nullable: true, pii: 'email', pattern: '[^@ ]+@[^@ ]+' }),
    phone: text({ nullable: true, pii: 'phone' }),
    street: text({ nullable: true, pii: 'street' }),
    postcode: text({ nullable: true, pattern: '[0-9]{5}(-?[0-9]{3})?' }),
    city: text({ nullable: true }),
    state: text({ nullable: true, pattern: '[A-Z]{2}' }),
    country: text({ nullable: true, pattern: '[A-Z]{2}', description: 'ISO 3166-1 alpha-2.' }),
    registration_date: date({ min: '1990-01-01' }),
    customer_segment: text({ nullable: true, description: 'The CRM\'s own label (consumer, business, …), not the RFM segment.' }),
    marketing_opt_in: boolean({ nullable: true }),
  },
});
