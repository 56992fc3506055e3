// The marketplace's catalogue, as Olist publishes it (its spelling of "length" in two headers is kept).
import { id, integer, source, text } from '../lib/contracts/index.ts';

export const products = source('products', {
  description: 'One row a product. Category and measures may be missing; a weight of 0 occurs and is valid.',
  owner: 'marketplace',
  version: '1.0',
  files: { names: ['olist_products_dataset.csv'] },
  timeZone: 'America/Sao_Paulo',
  key: ['product_id'],
  columns: {
    product_id: id(),
    product_category_name: text({ nullable: true, references: 'product_category_translation' }),
    product_name_lenght: integer({ nullable: true, min: 0, description: 'Characters of the name.' }),
    product_description_lenght: integer({ nullable: true, min: 0, description: 'Characters of the description.' }),
    product_photos_qty: integer({ nullable: true, min: 0 }),
    product_weight_g: integer({ nullable: true, min: 0 }),
    product_length_cm: integer({ nullable: true, min: 0 }),
    product_height_cm: integer({ nullable: true, min: 0 }),
    product_width_cm: integer({ nullable: true, min: 0 }),
  },
});
