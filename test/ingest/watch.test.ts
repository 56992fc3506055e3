// Watching: files land as they come, and each is told of once.
import { appendFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { watchLanding, type IngestReport } from '../../lib/ingest/index.ts';
import { openTestHome } from './home.ts';

const header = 'sale_id,item,amount,sold_at\n';
const long = 10_000;
const settled = (path: string): void => utimesSync(path, Date.now() / 1_000 - long, Date.now() / 1_000 - long);

test('files that come while it watches land, unfinished ones are left until they are complete', async () => {
  const home = await openTestHome();
  const stop = new AbortController();
  settled(home.put('sales/first.csv', `${header}s1,x,1,\n`));
  home.put('sales/notes.txt.part', 'x');
  home.put('readme.md', 'nobody\'s');
  const told: string[] = [];
  const steps: (() => void)[] = [
    () => {
      const path = join(home.landing, 'sales', 'second.csv');
      writeFileSync(`${path}.part`, `${header}s2,x,1,\n`);
      settled(`${path}.part`);
      renameSync(`${path}.part`, path);
    },
    () => {
      const path = home.put('sales/third.csv', `${header}s3,x,1,\n`);
      setTimeout(() => {
        appendFileSync(path, 's4,x,1,\n');
        settled(path);
      }, 300);
    },
    () => {
      const path = home.put('sales/second.csv', `${header}s2,x,2,\n`);
      settled(path);
    },
    () => stop.abort(),
  ];
  for await (const { files } of watchLanding(home.context, home.landing, { signal: stop.signal, settleMilliseconds: 5_000, everyMilliseconds: 50 }) as AsyncIterable<IngestReport>) {
    told.push(files.map(({ file, status, accepted }) => `${file} ${status} ${accepted}`).join(', '));
    steps.shift()?.();
  }
  expect(told).toEqual(['readme.md unknown 0, sales/first.csv landed 1', 'sales/second.csv landed 1', 'sales/third.csv landed 2', 'sales/second.csv landed 1']);
  expect(await home.count('bronze.sales')).toBe(5);
  home.close();
});

test('a folder that is not there is refused by name', async () => {
  const home = await openTestHome();
  await expect(watchLanding(home.context, join(home.root, 'nowhere'), { signal: new AbortController().signal }).next()).rejects.toMatchObject({ code: 'not_found' });
  home.close();
});
