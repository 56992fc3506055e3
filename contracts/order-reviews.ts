// Reviews of orders, as Olist publishes them.
import { id, integer, source, text, timestamp } from '../lib/contracts/index.ts';

export const orderReviews = source('order_reviews', {
  description: 'One row a review of an order. A review id may stand for several orders, and an order may have several reviews.',
  owner: 'marketplace',
  version: '1.0',
  files: { names: ['olist_order_reviews_dataset.csv'] },
  timeZone: 'America/Sao_Paulo',
  key: ['review_id', 'order_id'],
  eventTime: 'review_creation_date',
  columns: {
    review_id: id(),
    order_id: id({ references: 'orders' }),
    review_score: integer({ min: 1, max: 5 }),
    review_comment_title: text({ nullable: true }),
    review_comment_message: text({ nullable: true, description: 'What the customer wrote, line breaks included.' }),
    review_creation_date: timestamp({ description: 'When the survey was sent.' }),
    review_answer_timestamp: timestamp({ description: 'When it was answered.' }),
  },
});
