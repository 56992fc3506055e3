// A home of an earlier version: a column that its tables lack is told with what makes them anew.
import { expect, it } from 'vitest';
import { MillraceError } from '../../lib/base/index.ts';
import { explainedByOlderTables } from '../../lib/local/older-tables.ts';

type Asked = Parameters<typeof explainedByOlderTables>[0];

const models = new Map([['gold.prices_known', { name: 'gold.prices_known', columns: { product_id: '', usual_price: '' } }]]);
const homeWith = (columns: readonly string[] | undefined): Asked => ({
  project: async () => ({ models }),
  lake: { findTable: async () => (columns === undefined ? undefined : { schema: { fields: columns.map((name) => ({ name })) } }) },
}) as unknown as Asked;
const missing = (column: string) => new MillraceError('bad_input', `there is no column ${column}, at line 2, column 8\nSELECT …`, { todo: 'columns are product_id' });

it.each(['usual_price', 'p.usual_price', 'gold.prices_known.usual_price'])('says which table was made without %s, and that the batch makes it anew', async (column) => {
  expect(await explainedByOlderTables(homeWith(['product_id']), missing(column))).toMatchObject({ code: 'bad_input', todo: 'gold.prices_known was made by an earlier version, without usual_price: millrace run batch makes it anew.' });
});

it.each([
  ['a column that no model makes', homeWith(['product_id']), missing('usual_prise')], ['a table that has it', homeWith(['product_id', 'usual_price']), missing('usual_price')],
  ['a table that is not there', homeWith(undefined), missing('usual_price')], ['another error', homeWith(['product_id']), new MillraceError('io', 'the disk is full')],
])('leaves %s as it is', async (_, home, error) => expect(await explainedByOlderTables(home, error)).toBe(error));
