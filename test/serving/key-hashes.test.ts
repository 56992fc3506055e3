// A key's hash is the same whether it is computed or remembered, however many keys came in between.
import { expect, it } from 'vitest';
import { hashOf, keyHashes } from '../../lib/serving/keys.ts';

it('hashes every key as it is kept, also once it has forgotten those of before', () => {
  const hashed = keyHashes();
  const keys = Array.from({ length: 2_500 }, (_, at) => `mr_${at % 1_700}`);
  for (const key of keys) expect(hashed(key)).toBe(hashOf(key));
});
