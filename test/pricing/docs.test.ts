// The examples of docs/prices.md and docs/shipping.md, run as they stand there.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MODEL_SETTINGS } from '../../lib/pricing/policies/model.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(['prices', 'shipping'])('docs/%s.md', (page) => {
  const text = readFileSync(path.join(ROOT, 'docs', `${page}.md`), 'utf8');
  const blocks = [...text.matchAll(/```ts\n([^]*?)```/g)].map(([, block]) => block!);

  it.each(blocks.map((block, index) => [index + 1, block] as const))('example %i runs', async (index, block) => {
    const file = path.join(folder, `${page}-${index}.ts`);
    writeFileSync(file, block.replaceAll("from './lib/", `from '${ROOT}/lib/`));
    const { settings } = (await import(file)) as { settings?: Record<string, unknown> };
    if (page === 'prices' && index === 1) expect(settings).toMatchObject({ policy: 'model', model: MODEL_SETTINGS });
    if (page === 'shipping' && index === 1) expect(settings).toMatchObject({ freeFrom: 99, carriers: [{ name: 'courier' }] });
  });
});
