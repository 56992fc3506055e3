// One process of the contended benchmark: appends one file again and again, and says how long that took.
import { openFolderLake, type DataFile } from '../../lib/lake/index.ts';

const [root = '', file = '', writer = '0', commits = '0', start = '0'] = process.argv.slice(2);
const template = JSON.parse(file, (_key, value: unknown) => (typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value)) as DataFile;
const lake = openFolderLake(root);
const table = await lake.loadTable({ namespace: 'bench', name: 'contended' });
await new Promise((resolve) => setTimeout(resolve, Math.max(0, Number(start) - Date.now())));

const times: number[] = [];
for (let index = 0; index < Number(commits); index++) {
  const began = performance.now();
  await table.append([{ ...template, path: `${template.path}?${writer}-${index}` }]);
  times.push(performance.now() - began);
}
process.stdout.write(JSON.stringify({ times, ended: Date.now() }));
