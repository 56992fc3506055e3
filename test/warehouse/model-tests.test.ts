// Unit tests of models as their authors write them: what passes, what fails and how the difference reads.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModelTests, Relations, runModelTests } from '../../lib/warehouse/index.ts';
import { compareRows, sameValue } from '../../lib/warehouse/tests/compare.ts';
import { events } from './support/events.ts';
import { Home } from './support/home.ts';
import { model, projectFrom } from './support/project.ts';

const project = projectFrom({
  'silver.days': model('', 'SELECT day, count(*) AS events, sum(amount) AS total, 1e0 / 3 AS third FROM source.events WHERE day < :as_of GROUP BY day'),
  'gold.ratio': model('', 'SELECT CAST(total AS decimal(18,4)) / CAST(events AS decimal(18,4)) AS ratio FROM silver.days'),
}, [events]);

let home: Home;
let folder: string;
beforeAll(async () => {
  home = await Home.open();
  folder = await mkdtemp(join(tmpdir(), 'millrace-model-tests-'));
});
afterAll(async () => {
  await home.close();
  await rm(folder, { recursive: true });
});

async function run(file: string, yaml: string) {
  const path = join(folder, file);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, yaml);
  try {
    const tests = await loadModelTests(folder, project);
    return await runModelTests(tests, { project, engine: home.engine, relations: new Relations(project, home.lake), shop: { currency: 'BRL', timeZone: 'UTC' } });
  } finally {
    await rm(path);
  }
}
const differences = async (file: string, yaml: string) => (await run(file, yaml)).map((result) => (result.passed ? 'passed' : result.difference));

describe('a test of a model', () => {
  it('passes whatever the order, looks only at the columns it names, and takes NULL for what is not given', async () => {
    expect(await differences('silver/days.test.yaml', `
days are summed:
  given:
    source.events:
      - { day: 2018-01-01, amount: 5 }
      - { day: 2018-01-01 }
      - { day: 2018-01-02, amount: 1 }
      - { day: 2018-02-01, amount: 9 }
  as_of: 2018-02-01
  expect:
    - { day: 2018-01-02, total: 1, third: 0.33333333333 }
    - { day: 2018-01-01, events: 2, total: 5 }
from bronze, through types and duplicates:
  given:
    bronze.events:
      - { event_id: e1, customer: c1, day: "2018-01-01", amount: "5", _file_id: f1, _row: 1, _ingested_at: 2018-01-01 00:00:00 }
      - { event_id: e1, customer: c1, day: "2018-01-01", amount: "7", _file_id: f2, _row: 1, _ingested_at: 2018-01-02 00:00:00 }
  as_of: 2018-02-01
  expect: [{ events: 1, total: 7 }]
nothing given, nothing expected:
  as_of: 2018-02-01
  expect: []
`)).toEqual(['passed', 'passed', 'passed']);
  });

  it('shows what was expected beside what was', async () => {
    expect(await differences('silver/days.test.yaml', `
wrong:
  given: { source.events: [{ day: 2018-01-01, amount: 5 }, { day: 2018-01-02, amount: 1 }] }
  as_of: 2018-02-01
  expect: [{ day: 2018-01-01, total: 6 }]
`)).toEqual(['expected  day 2018-01-01, total 6\n  but was total 5\nnot expected  day 2018-01-02, total 1']);
  });

  it('can expect an error', async () => {
    const given = '  given: { silver.days: [{ total: 1, events: 0 }] }\n';
    expect(await differences('gold/ratio.test.yaml', `divides by zero:\n${given}  expect_error: zero\nanother:\n${given}  expect_error: overflow\n`))
      .toEqual(['passed', expect.stringMatching(/^expected an error with 'overflow', but it was: .*zero/i)]);
  });

  it.each([
    ['an unknown relation', 'a:\n  given: { silver.day: [] }\n  expect: []', 'does not read silver.day (did you mean silver.days?)'],
    ['an unknown key', 'a:\n  gven: {}\n  expect: []', "unknown key 'gven' (did you mean given?)"],
    ['no expectation', 'a:\n  given: {}', 'a test has either expect or expect_error'],
  ])('is refused for %s', async (_, yaml, message) => {
    await expect(run('gold/ratio.test.yaml', yaml)).rejects.toMatchObject({ code: 'bad_input' });
    await run('gold/ratio.test.yaml', yaml).catch((error: { message: string; todo?: string }) => expect(`${error.message} (${error.todo})`).toContain(message));
  });

  it('of a model that is not there is refused', async () => {
    await expect(run('gold/ratios.test.yaml', 'a:\n  expect: []')).rejects.toMatchObject({ message: 'there is no model gold.ratios to test', todo: 'did you mean gold.ratio?' });
  });
});

describe('rows', () => {
  it('are paired so that no pairing is missed because an expected row was loosely described', () => {
    const columns = [{ name: 'a', type: 'integer' }, { name: 'b', type: 'integer' }];
    expect(compareRows([{ a: 1 }, { a: 1, b: 1 }], columns, [[1, 1], [1, 2]])).toEqual({ equal: true });
    expect(compareRows([{ a: 1, b: 3 }], columns, [[1, 1]])).toMatchObject({ equal: false });
  });

  it.each([
    [1, '1.0000', 'decimal(18,4)', true], [0.1 + 0.2, 0.3, 'double', true], ['2018-01-01T10:00:00Z', '2018-01-01 10:00:00', 'timestamp(6)', true],
    ['2018-01-01 10:00:00.5', '2018-01-01 10:00:00.500000', 'timestamp(6)', true], [null, 0, 'integer', false], ['9007199254740993', '9007199254740992', 'bigint', false],
    ['a', 'A', 'varchar', false], [1.001, 1, 'double', false],
  ])('%s and %s of type %s', (expected, actual, type, same) => {
    expect(sameValue(expected, actual, type)).toBe(same);
  });
});
