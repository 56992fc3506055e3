// English names of product categories, as Olist publishes them.
import { source, text } from '../lib/contracts/index.ts';

export const productCategoryTranslation = source('product_category_translation', {
  description: 'One row a product category: its name in Portuguese and in English.',
  owner: 'marketplace',
  version: '1.0',
  files: { names: ['product_category_name_translation.csv'] },
  timeZone: 'America/Sao_Paulo',
  key: ['product_category_name'],
  columns: {
    product_category_name: text(),
    product_category_name_english: text(),
  },
});
