// What a user notices of running models: right rows, skipped runs, audits that block, changes of columns.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runModel } from '../../lib/warehouse/index.ts';
import { Home, model, projectFrom } from './support/home.ts';

let home: Home;
beforeAll(async () => { home = await Home.open(); });
afterAll(() => home.close());

describe('a full model', () => {
  it('is computed, published, skipped while nothing changes, and computed again when its input does', async () => {
    await home.append('bronze.rejected', "SELECT * FROM (VALUES ('a', 1), ('b', 2)) AS t(name, amount)");
    const project = projectFrom({ 'silver.totals': model('kind: full', 'SELECT name, CAST(sum(amount) AS bigint) AS total FROM bronze.rejected GROUP BY name') });
    const first = await runModel(home.context(project), 'silver.totals');
    expect(first).toMatchObject({ status: 'published', published: { rowsTotal: 2 } });
    expect((await runModel(home.context(project), 'silver.totals'))).toMatchObject({ status: 'skipped', plan: { reason: 'nothing that it depends on has changed' } });
    await home.append('bronze.rejected', "SELECT 'a' AS name, 5 AS amount");
    expect(await runModel(home.context(project), 'silver.totals')).toMatchObject({ status: 'published', plan: { reason: 'bronze.rejected changed' } });
    expect(await home.rows('SELECT name, total FROM silver.totals ORDER BY name')).toEqual([['a', 6n], ['b', 2n]]);
  });
});
