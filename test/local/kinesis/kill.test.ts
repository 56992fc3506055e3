// The endpoint is killed while it is written to; verification does it a hundred times.
import { expect, it } from 'vitest';
import { killLoop } from './process/kill-loop.ts';
import { temporaryFolder } from './support.ts';

it('whoever kills the endpoint loses no acknowledged record, and none is there twice or out of order', async () => {
  const result = await killLoop(await temporaryFolder(), { kills: 3, producers: 4, seed: 1 });
  expect(result.wrong).toEqual([]);
  expect(result.acknowledged).toBeGreaterThan(50);
});
