// Contracts as files: found, checked, compared, told in other forms.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../lib/base/index.ts';
import {
  bronzeColumns, checkContract, compareContracts, compileValidator, compileValidatorSource, contractFromJson, contractPage, contractToJson, date, decimal, failuresOf, id, integer, jsonSchema, loadContracts, money, source, text,
  textOf, timestamp, typedColumns, validationPlan, type Contract, type RowValidator, type SourceDeclaration,
} from '../../lib/contracts/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = await mkdtemp(join(tmpdir(), 'millrace-contracts-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A folder of contract files. */
async function project(name: string, files: Record<string, string>): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  const words = pathToFileURL(join(ROOT, 'lib/contracts/index.ts')).href;
  for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), content.replaceAll('@words', words));
  return path;
}

const declare = (name: string, more = '') => `import { source, id } from '@words';
export const it = source('${name}', { description: 'd', owner: 'o', version: '1.0', files: { names: ['${name}.csv'] }, timeZone: 'UTC', columns: { key: id() }, ${more} });`;

async function refusal(path: string): Promise<MillraceError> {
  const error: unknown = await loadContracts(path).then(() => undefined, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MillraceError);
  return error as MillraceError;
}

const BASE: SourceDeclaration = {
  description: 'Items.', owner: 'shop', version: '1.0', timeZone: 'America/Sao_Paulo', currency: 'BRL', files: { names: ['items.csv'] }, key: ['order_id'], eventTime: 'at',
  columns: { order_id: id(), Price: money({ as: 'price', min: 0, max: 100 }), weight: decimal({ precision: 9, scale: 3, nullable: true }), status: text({ accepted: ['a', 'b'] }), at: timestamp() },
  rules: { cheap: 'price < 50' },
};
const base = source('items', BASE);
const changed = (changes: Partial<SourceDeclaration>): Contract => source('items', { ...BASE, version: '1.1', ...changes });
const withColumn = (columns: SourceDeclaration['columns']) => changed({ columns: { ...BASE.columns, ...columns } });

describe('the shop\'s contracts', () => {
  it('are found, one a file, and hold all the sources of the shop', async () => {
    expect([...(await loadContracts(join(ROOT, 'contracts'))).keys()]).toEqual([
      'category_tree', 'crm_customers', 'customers', 'events', 'geolocation', 'interactions', 'item_properties', 'market_prices', 'online_retail', 'order_items', 'order_payments', 'order_reviews', 'orders',
      'outcomes', 'predictions', 'product_category_translation', 'products', 'sellers', 'shipping_rates', 'shipping_zones', 'supplier_costs', 'transactions',
    ]);
  });

  it('survive being stored as JSON', async () => {
    for (const contract of (await loadContracts(join(ROOT, 'contracts'))).values()) {
      const again = contractFromJson(contractToJson(contract));
      expect(again).toEqual(JSON.parse(JSON.stringify(contract)));
      expect(contractToJson(again)).toBe(contractToJson(contract));
      expect(compareContracts(again, contract).changes).toEqual([]);
    }
  });

  it('have a page each that names every column and every reason', async () => {
    for (const contract of (await loadContracts(join(ROOT, 'contracts'))).values()) {
      const page = contractPage(contract);
      for (const { name } of typedColumns(contract).filter((column) => contract.columns[column.name] !== undefined)) expect(page).toContain(`\`${name}\``);
      for (const { reason } of failuresOf(validationPlan(contract))) expect(page).toContain(`\`${reason}\``);
    }
  });
});

describe('a contract file', () => {
  it('is enough to add a source', async () => {
    const path = await project('added', { 'one.ts': declare('one'), 'two.ts': declare('two'), 'notes.md': 'not a contract' });
    expect([...(await loadContracts(path)).keys()]).toEqual(['one', 'two']);
  });

  it('is refused by name when it does not load, exports nothing, or repeats another', async () => {
    expect(await refusal(await project('broken', { 'bad.ts': 'export const x = ;' }))).toMatchObject({ code: 'bad_input', where: expect.stringContaining('bad.ts') as string });
    expect((await refusal(await project('empty', { 'nothing.ts': 'export const x = 1;' }))).message).toContain('exports no contract');
    const twice = await refusal(await project('twice', { 'a.ts': declare('same'), 'b.ts': declare('same') }));
    expect(twice.message).toContain('same is declared twice');
    expect(twice.where).toMatch(/b\.ts and .*a\.ts/);
    expect((await refusal(await project('claimed', { 'a.ts': declare('a'), 'b.ts': declare('b').replace('b.csv', 'a.csv') }))).message).toBe('the file name a.csv is claimed by a and by b');
    expect((await refusal(join(folder, 'nowhere'))).code).toBe('not_found');
  });

  it('is refused with its place and what to do when a rule does not parse', async () => {
    const error = await refusal(await project('ruled', { 'ruled.ts': declare('ruled', "rules: { r: 'kee = 1' }") }));
    expect(error.message).toContain('the rule r is wrong at character 1: there is no column kee; columns are key\nkee = 1\n^');
    expect(error.where).toContain('ruled.ts');
  });
});

describe('a declaration', () => {
  it.each<[string, Partial<SourceDeclaration>, string]>([
    ['a zone that does not exist', { timeZone: 'Mars/Olympus' }, 'Mars/Olympus is not an IANA time zone'],
    ['money without a currency', { currency: undefined }, 'Price is money, but no currency'],
    ['a key that is no column', { key: ['nothing'] }, 'the key names nothing, which is no column'],
    ['a nullable key', { key: ['weight'] }, 'the key column weight is nullable'],
    ['an event time that is no time', { eventTime: 'price' }, 'price is no column with a time'],
    ['no way to come in', { files: undefined }, 'neither files nor a stream feed it'],
    ['columns that evolve beside a stream', { stream: { partitionKey: 'key' }, files: { extraColumns: 'evolve' } }, "extraColumns: 'evolve' does not go with a stream"],
    ['a version that is no version', { version: 'v1' }, 'not major.minor'],
    ['one table name for two headers', { columns: { ...BASE.columns, PRICE: id() } }, 'columns Price and PRICE would both be price'],
    ['a name of ours', { columns: { ...BASE.columns, _row: id() } }, '_row'],
    ['a pattern that engines read differently', { columns: { ...BASE.columns, x: text({ pattern: '\\d+' }) } }, 'write [0-9] for \\d'],
    ['a bound with too many decimals', { columns: { ...BASE.columns, x: money({ min: '0.00001' }) } }, 'the bound 0.00001 is no number with at most 4 decimals'],
    ['a bound that is no date', { columns: { ...BASE.columns, x: date({ min: '2018-02-30' }) } }, 'the bound 2018-02-30 is no date'],
    ['a format with names of months', { columns: { ...BASE.columns, x: timestamp({ formats: ['%d %b %Y'] }) } }, 'uses %b'],
    ['a rule named as a column', { rules: { price: 'price > 0' } }, 'the rule price has the name of a column'],
    ['duplicates by a key that is not there', { key: [], duplicates: 'key' }, 'duplicates by key, but there is no key'],
  ])('with %s is refused', (_, changes, message) => {
    expect(() => checkContract(source('items', { ...BASE, ...changes }), 'contracts/items.ts')).toThrow(message);
  });

  it('gives the bronze table text columns under our names, and where each row came from', () => {
    expect(bronzeColumns(base).map(({ name, type }) => `${name} ${type as string}`)).toEqual([
      'order_id string', 'price string', 'weight string', 'status string', 'at string', '_file string', '_file_id string', '_row long', '_ingested_at timestamp', '_contract_version string',
    ]);
    expect(typedColumns(base).map(({ name, type }) => `${name} ${type}`)).toEqual([
      'order_id varchar', 'price decimal(18,4)', 'weight decimal(9,3)', 'status varchar', 'at timestamp(6)', 'at__date date', '_file varchar', '_file_id varchar', '_row bigint', '_ingested_at timestamp(6)',
    ]);
  });
});

describe('a new version', () => {
  it.each<[string, Contract]>([
    ['a new nullable column', withColumn({ note: text({ nullable: true }) })],
    ['a wider decimal', withColumn({ weight: decimal({ precision: 12, scale: 3, nullable: true }) })],
    ['a relaxed bound', withColumn({ Price: money({ as: 'price', min: '-5', max: 100 }) })],
    ['no bound', withColumn({ Price: money({ as: 'price' }) })],
    ['one more accepted value', withColumn({ status: text({ accepted: ['a', 'b', 'c'] }) })],
    ['one rule less', changed({ rules: {} })],
    ['empty fields allowed', withColumn({ status: text({ accepted: ['a', 'b'], nullable: true }) })],
  ])('with %s flows through', (_, after) => {
    const { compatible, changes, needs, versionRaised } = compareContracts(base, after);
    expect({ compatible, needs, versionRaised, effects: changes.map(({ effect }) => effect) }).toEqual({ compatible: true, needs: 'minor', versionRaised: true, effects: changes.map(() => 'wider') });
    expect(changes.length).toBeGreaterThan(0);
  });

  it.each<[string, Contract]>([
    ['a tighter bound', withColumn({ Price: money({ as: 'price', min: 1, max: 100 }) })],
    ['an accepted value less', withColumn({ status: text({ accepted: ['a'] }) })],
    ['a new rule', changed({ rules: { ...BASE.rules, dear: 'price > 1' } })],
  ])('with %s is stricter for new rows, and breaks nobody', (_, after) => {
    expect(compareContracts(base, after)).toMatchObject({ compatible: true, needs: 'minor', changes: [{ effect: 'stricter' }] });
  });

  it.each<[string, Contract, string]>([
    ['a column less', source('items', { ...BASE, columns: Object.fromEntries(Object.entries(BASE.columns).filter(([name]) => name !== 'status')) }), 'items.status is gone: models that read it would fail'],
    ['another type', withColumn({ status: integer() }), 'items.status is integer now, not text: readers would get another type'],
    ['fewer decimals', withColumn({ weight: decimal({ precision: 9, scale: 2, nullable: true }) }), 'items.weight goes from decimal(9,3) to decimal(9,2)'],
    ['a new column that must not be empty', withColumn({ note: text() }), 'items.note is new and must not be empty: rows of older files have nothing there'],
    ['another zone', changed({ timeZone: 'UTC' }), 'items has the time zone UTC instead of America/Sao_Paulo: every local time would be another instant'],
    ['another key', changed({ key: ['order_id', 'at'] }), 'items has the key order_id, at instead of order_id'],
    ['a pseudonym', withColumn({ status: text({ accepted: ['a', 'b'], pii: 'name' }) }), 'items.status becomes a pseudonym of a name, and stored rows are not'],
  ])('with %s is refused and says what breaks', (_, after, what) => {
    const { compatible, needs, versionRaised, changes } = compareContracts(base, after);
    expect({ compatible, needs, versionRaised }).toEqual({ compatible: false, needs: 'major', versionRaised: false });
    expect(changes.filter(({ effect }) => effect === 'breaking').map((change) => `${change.what} ${change.message}`)).toContain(what);
  });
});

describe('an event', () => {
  const validate = compileValidator(validationPlan(base));

  it('is checked as it came in JSON, numbers and all, and gives the text for bronze', () => {
    expect(validate({ order_id: 17, Price: 12.5, weight: 1e-7, status: 'a', at: '2018-01-01T00:00:00Z' })).toMatchObject({ texts: ['17', '12.5', '0.0000001', 'a', '2018-01-01T00:00:00Z'], failures: [{ reason: 'items.weight.too_precise' }] });
    expect(validate({ order_id: 'x', price: '3', status: 'b', at: '2018-01-01 00:00' }).failures).toEqual([]);
    expect(validate({ order_id: {}, Price: [1], status: '\ud800', at: null }).failures.map(({ reason }) => reason)).toEqual(['items.order_id.not_text', 'items.price.not_text', 'items.status.not_text', 'items.at.missing']);
    expect(validate({ order_id: 2 ** 53 + 2, Price: true, status: 'c', at: 1 }).failures.map(({ reason }) => reason)).toEqual(['items.order_id.not_text', 'items.price.not_a_number', 'items.at.not_a_timestamp', 'items.status.not_accepted']);
    expect(validate({ order_id: 'x', Price: 60, status: 'a', at: '2018-01-01 00:00' }).failures).toEqual([{ reason: 'items.cheap', message: 'the rule cheap does not hold: price < 50' }]);
  });

  it('keeps text that is text, and nothing that is not', () => {
    expect(['', null, undefined, 'a', true, -0, 9007199254740992, Number.NaN, {}, 'x\udc00'].map(textOf)).toEqual([null, null, null, 'a', 'true', '0', undefined, undefined, undefined, undefined]);
  });

  it('is checked the same by the module that a build writes', async () => {
    const path = join(folder, 'validators.ts');
    await writeFile(path, compileValidatorSource([base], pathToFileURL(join(ROOT, 'lib/contracts/validate/row.ts')).href));
    const { validators } = (await import(pathToFileURL(path).href)) as { validators: Record<string, RowValidator> };
    const record = { order_id: ' x', Price: '-1', status: 'z', at: 'soon' };
    expect(validators['items']!(record)).toEqual(validate(record));
    expect(validate(record).failures.length).toBe(4);
  });
});

describe('the JSON Schema', () => {
  it('tells producers what each column takes', () => {
    expect(jsonSchema(base)).toMatchObject({
      title: 'items', required: ['order_id', 'Price', 'status', 'at'],
      properties: { Price: { anyOf: [{ type: 'number', minimum: 0, maximum: 100 }, { type: 'string' }] }, status: { enum: ['a', 'b'] } },
      'x-rules': { cheap: 'price < 50' },
    });
  });
});
