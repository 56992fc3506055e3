// What every store of the registry must do.
import { describe, expect, it } from 'vitest';
import type { ModelStore } from '../../../lib/learning/index.ts';

const bytes = (text: string) => Buffer.from(text);
const textOf = (content: Uint8Array | undefined) => (content === undefined ? undefined : Buffer.from(content).toString('utf8'));

/** `open` gives a store that is empty. */
export function modelStoreContract(name: string, open: () => Promise<ModelStore> | ModelStore): void {
  describe(`a store of models: ${name}`, () => {
    it('gives back what was created, and nothing for what was not', async () => {
      const store = await open();
      expect(await store.read('conversion/1/card.json')).toBeUndefined();
      expect(await store.create('conversion/1/card.json', bytes('{"a":"é"}'))).toBe(true);
      expect(textOf(await store.read('conversion/1/card.json'))).toBe('{"a":"é"}');
    });

    it('keeps what was there first', async () => {
      const store = await open();
      expect(await store.create('conversion/1/model.json', bytes('one'))).toBe(true);
      expect(await store.create('conversion/1/model.json', bytes('two'))).toBe(false);
      expect(textOf(await store.read('conversion/1/model.json'))).toBe('one');
    });

    it('lets exactly one of several at once create an object', async () => {
      const store = await open();
      const won = await Promise.all(Array.from({ length: 8 }, (_, index) => store.create('churn/aliases/00000001.json', bytes(`by ${index}`))));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(textOf(await store.read('churn/aliases/00000001.json'))).toBe(`by ${won.indexOf(true)}`);
    });

    it('lists folders and objects one level at a time, by name', async () => {
      const store = await open();
      expect(await store.folders('')).toEqual([]);
      expect(await store.objects('nothing')).toEqual([]);
      for (const key of ['b/2/card.json', 'b/1/model.json', 'b/1/card.json', 'a/aliases/2.json', 'a/aliases/1.json']) await store.create(key, bytes(key));
      expect(await store.folders('')).toEqual(['a', 'b']);
      expect(await store.folders('b')).toEqual(['1', '2']);
      expect(await store.objects('b')).toEqual([]);
      expect(await store.objects('b/1')).toEqual(['card.json', 'model.json']);
      expect(await store.objects('a/aliases')).toEqual(['1.json', '2.json']);
    });

    it('holds a model of some megabytes', async () => {
      const store = await open();
      const model = Buffer.alloc(3_000_000, 'leaf ');
      await store.create('big/1/model.json', model);
      expect(Buffer.compare((await store.read('big/1/model.json'))!, model)).toBe(0);
    });
  });
}
