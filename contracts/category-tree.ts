// The tree of item categories, as RetailRocket publishes it.
import { config } from '../millrace.config.ts';
import { id, source } from '../lib/contracts/index.ts';

export const categoryTree = source('category_tree', {
  description: 'One row a category and its parent; a root has none.',
  owner: 'web',
  version: '1.0',
  files: { names: ['category_tree.csv'] },
  timeZone: config.shop.timeZone,
  key: ['categoryid'],
  columns: {
    categoryid: id(),
    parentid: id({ nullable: true, references: 'category_tree.categoryid' }),
  },
});
