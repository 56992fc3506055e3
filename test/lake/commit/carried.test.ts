// Checkpoints of streams: they are set with the rows, told by every snapshot after that, and taken back with the rows.
import { expect, it } from 'vitest';
import { dataFile, memoryLake, ordersTable } from '../support/fixtures.ts';

const SHARD_1 = 'millrace.checkpoint.events.shard-1';
const SHARD_2 = 'millrace.checkpoint.events.shard-2';

it('a rollback takes the position of a stream back, whoever made the snapshot that it goes back to', async () => {
  const { lake } = memoryLake();
  const table = await ordersTable(lake);
  const byFile = await table.append([dataFile(table)]);
  await table.append([dataFile(table)], { properties: { set: { [SHARD_1]: '100' } } });
  const byFileToo = await table.append([dataFile(table)]);
  expect(byFileToo.snapshot?.summary).toMatchObject({ [SHARD_1]: '100' });
  await table.append([dataFile(table)], { beforeCommit: () => ({ properties: { set: { [SHARD_1]: '200', [SHARD_2]: '150' } } }) });
  expect(table.currentSnapshot?.summary).toMatchObject({ [SHARD_1]: '200', [SHARD_2]: '150' });
  await table.setProperties({ set: { [SHARD_1]: '250' } });

  await table.rollback(byFileToo.snapshot?.['snapshot-id'] as bigint);
  expect(table.properties).toMatchObject({ [SHARD_1]: '100', [SHARD_2]: '0' });
  await table.rollback(byFile.snapshot?.['snapshot-id'] as bigint);
  expect(table.properties).toMatchObject({ [SHARD_1]: '0', [SHARD_2]: '0' });
});

it('a shard whose checkpoint has gone from the table is not in later snapshots', async () => {
  const { lake } = memoryLake();
  const table = await ordersTable(lake);
  await table.append([dataFile(table)], { properties: { set: { [SHARD_1]: '100', other: 'x' } } });
  const next = await table.append([dataFile(table)], { properties: { set: { [SHARD_2]: '1' }, remove: [SHARD_1] } });
  expect(next.snapshot?.summary).toMatchObject({ [SHARD_2]: '1' });
  expect(Object.keys(next.snapshot?.summary ?? {})).not.toEqual(expect.arrayContaining([SHARD_1]));
  expect(next.snapshot?.summary['other']).toBeUndefined();
});
