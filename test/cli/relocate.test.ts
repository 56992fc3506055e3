// A home that was moved or copied, and one of an older layout: what a person is told, and that mending leaves every row where it was.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOME_FORMAT, upgradeHome } from '../../lib/local/index.ts';
import { smallShop, type SmallShop } from '../support/small-shop.ts';

vi.setConfig({ testTimeout: 60_000 });

let shop: SmallShop;
beforeEach(() => {
  shop = smallShop();
});
afterEach(() => shop.remove());

const SPENDING = 'SELECT person_id, spent, purchases FROM gold.spending ORDER BY person_id';

async function fill(): Promise<void> {
  shop.land('people', '1.csv', ['a,a@example.org,Bonn', 'b,b@example.org,Kiel']);
  shop.land('purchases', '1.csv', ['1,a,10.00,2026-01-05 10:00:00', '2,b,5.00,2026-02-06 10:00:00', '3,b,-1,2026-02-06 10:00:00']);
  await shop.json('run', 'batch');
  shop.land('purchases', '2.csv', ['4,a,1.50,2026-02-07 10:00:00']);
  await shop.json('run', 'batch');
}

describe('a home that was moved', () => {
  it('is told by every verb, and mended by doctor --relocate, snapshots and all', async () => {
    await fill();
    const before = await shop.json('query', SPENDING);
    const history = await shop.json<{ snapshot: string }[]>('history', 'silver.purchases');
    const there = join(shop.project, 'moved');
    renameSync(shop.home, there);
    const moved = { ...shop, ...shop.at(there) };
    const refused = await moved.millrace('query', SPENDING);
    expect(refused.code).toBe(5);
    expect(refused.err).toMatch(/was moved or copied here from .*home[\s\S]*millrace doctor --relocate/);
    const doctor = await moved.millrace('doctor');
    expect(doctor.code).toBe(8);
    expect(doctor.out.match(/.*says that it lies in.*/g)).toEqual([expect.stringMatching(/bronze\.people says that it lies in .*, and so do 9 other tables/)]);

    const mended = await moved.millrace('doctor', '--relocate');
    expect(mended).toMatchObject({ code: 0, out: expect.stringContaining('10 of 10 tables mended; every live file reads') as string });
    expect(await moved.json('query', SPENDING)).toEqual(before);
    const first = history.at(-1)?.snapshot ?? '';
    expect(await moved.json('query', `SELECT count(*) AS n FROM silver.purchases FOR VERSION AS OF ${first}`)).toEqual([{ n: '2' }]);
    expect((await moved.millrace('doctor')).code).toBe(0);
    // It goes on as ever: what is known is skipped, what is new is computed.
    moved.land('purchases', '3.csv', ['5,b,1.00,2026-03-01 10:00:00']);
    expect(await moved.json('run', 'batch')).toMatchObject({ files: { seenBefore: 3, accepted: 1 } });
    expect(await moved.json('query', SPENDING)).toEqual([{ person_id: 'a', spent: '11.5000', purchases: '2' }, { person_id: 'b', spent: '6.0000', purchases: '2' }]);
    expect(await moved.json('doctor', '--relocate')).toMatchObject({ moved: 0, problems: 0 });
    expect((await moved.millrace('maintain', '--keep', '0', '--keep-at-least', '1')).code).toBe(0);
  });

  it('that was copied leaves the one it came from alone', async () => {
    await fill();
    const copy = { ...shop, ...shop.at(join(shop.project, 'copy')) };
    cpSync(shop.home, copy.home, { recursive: true });
    await copy.json('doctor', '--relocate');
    copy.land('purchases', '3.csv', ['5,b,1.00,2026-03-01 10:00:00']);
    await copy.json('run', 'batch');
    await copy.millrace('maintain', '--keep', '0', '--keep-at-least', '1', '--orphans-after', '0');
    expect(await shop.json('query', 'SELECT count(*) AS n FROM silver.purchases')).toEqual([{ n: '3' }]);
    expect((await shop.millrace('doctor')).code).toBe(0);
  });

  it('and lost a file on the way is not half mended', async () => {
    await fill();
    const [{ file }] = await shop.json<[{ file: string }]>('query', 'SELECT DISTINCT "$path" AS file FROM gold.spending');
    const moved = { ...shop, ...shop.at(join(shop.project, 'moved')) };
    renameSync(shop.home, moved.home);
    rmSync(file.replace(shop.home, moved.home));
    const { code, out } = await moved.millrace('doctor', '--relocate');
    expect(code).toBe(8);
    expect(out).toMatch(/✖ gold\.spending: a data file was not moved with its table/);
    expect((await moved.millrace('query', SPENDING)).code).toBe(5);
  });
});

describe('a home of another version', () => {
  const format = (number: number) => writeFileSync(join(shop.home, 'home.json'), JSON.stringify({ format: number }));

  it('that is newer is refused by all verbs, upgrade included', async () => {
    await shop.millrace('apply');
    format(HOME_FORMAT + 1);
    for (const verb of ['tables', 'upgrade', 'doctor']) {
      expect(await shop.millrace(verb)).toMatchObject({ code: 7, err: expect.stringContaining('made by a newer Millrace (layout 2, this one knows 1)') as string });
    }
  });

  it('that is older is moved on step by step, and goes on where it was cut short', async () => {
    await shop.millrace('apply');
    const told = await shop.millrace('upgrade');
    expect(told).toMatchObject({ code: 0, out: `the home has layout ${HOME_FORMAT}, which is this version's\n` });
    const done: string[] = [];
    let broken = true;
    const migrations = [1, 2].map((from) => ({
      from, what: `step ${from}`,
      run: async () => {
        if (from === 2 && broken) throw new Error('cut short');
        done.push(`ran ${from}`);
      },
    }));
    await expect(upgradeHome(shop.home, migrations, 3)).rejects.toThrow('cut short');
    expect(JSON.parse(readFileSync(join(shop.home, 'home.json'), 'utf8'))).toEqual({ format: 2, root: shop.home });
    broken = false;
    expect(await upgradeHome(shop.home, migrations, 3)).toEqual({ from: 2, to: 3, steps: ['step 2'] });
    expect(done).toEqual(['ran 1', 'ran 2']);
    await expect(upgradeHome(shop.home, migrations, 4)).rejects.toMatchObject({ code: 'unsupported', message: 'no upgrade leads from layout 3 to 4' });
  });

  it('of layout 1, as the first release made it, still opens', async () => {
    const copy = { ...shop, ...shop.at(join(shop.project, 'first')) };
    mkdirSync(copy.home);
    execFileSync('tar', ['-xzf', join(import.meta.dirname, '../fixtures/home-1.tar.gz'), '-C', copy.home]);
    expect((await copy.millrace('upgrade')).code).toBe(0);
    expect(await copy.json('doctor', '--relocate')).toMatchObject({ problems: 0, moved: 10 });
    expect(await copy.json('query', SPENDING)).toEqual([{ person_id: 'a', spent: '11.5000', purchases: '2' }, { person_id: 'b', spent: '5.0000', purchases: '1' }]);
    copy.land('purchases', '3.csv', ['5,b,1.00,2026-03-01 10:00:00']);
    expect(await copy.json('run', 'batch')).toMatchObject({ status: 'succeeded', files: { accepted: 1 } });
  });
});
