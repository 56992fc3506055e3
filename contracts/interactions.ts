// Contacts between customers and the shop's support and marketing.
import { config } from '../millrace.config.ts';
import { id, integer, source, text, timestamp } from '../lib/contracts/index.ts';

export const interactions = source('interactions', {
  description: 'One row a contact with a customer. The last version of an interaction stands.',
  owner: 'support',
  version: '1.0',
  files: { names: ['interactions.csv', 'interactions_*.csv'] },
  timeZone: config.shop.timeZone,
  key: ['interaction_id'],
  eventTime: 'interaction_date',
  columns: {
    interaction_id: id(),
    customer_id: id({ references: 'crm_customers' }),
    interaction_date: timestamp({ description: 'When the customer got in touch, or was contacted.' }),
    interaction_type: text({ accepted: ['question', 'complaint', 'return', 'delivery', 'payment', 'feedback', 'marketing'] }),
    channel: text({ accepted: ['email', 'phone', 'chat', 'whatsapp', 'social', 'store'] }),
    order_id: id({ nullable: true, references: 'orders' }),
    response_time_minutes: integer({ nullable: true, min: 0, description: 'Until the first answer; missing while there is none.' }),
    interaction_outcome: text({ nullable: true, accepted: ['resolved', 'refunded', 'escalated', 'unresolved', 'no_answer'], description: 'Missing while it is open.' }),
    satisfaction_score: integer({ nullable: true, min: 1, max: 5 }),
  },
});
