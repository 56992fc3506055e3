// Sellers of the marketplace, as Olist publishes them.
import { id, source, text } from '../lib/contracts/index.ts';

export const sellers = source('sellers', {
  description: 'One row a seller, with the place they ship from.',
  owner: 'marketplace',
  version: '1.0',
  files: { names: ['olist_sellers_dataset.csv'] },
  timeZone: 'America/Sao_Paulo',
  key: ['seller_id'],
  columns: {
    seller_id: id(),
    seller_zip_code_prefix: text({ pattern: '[0-9]{5}', description: 'First five digits of the postcode.' }),
    seller_city: text(),
    seller_state: text({ pattern: '[A-Z]{2}' }),
  },
});
