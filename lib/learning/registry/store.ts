// Where the registry keeps its objects. They are only ever added, never changed: so any store that can create an object once will do.
import { MillraceError } from '../../base/index.ts';
import type { Files } from '../../lake/index.ts';

/**
 * Objects by key (`conversion/3/card.json`), whole or not at all, and durable when a promise resolves. Keys are lower-case letters, digits, `_`, `-`, `.` and `/`.
 * Adapters: `modelStoreOn` any `Files` (`LocalFiles` on disk, `S3Files`).
 */
export interface ModelStore {
  /** For messages: a folder, `s3://bucket/models`. */
  readonly place: string;
  /** undefined where there is nothing under the key. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** false, and nothing changed, where there is something under the key already. Of several at once exactly one gets true. */
  create(key: string, bytes: Uint8Array): Promise<boolean>;
  /** Names of the folders right below a folder (`''`: the root), sorted; none where there is no such folder. */
  folders(folder: string): Promise<string[]>;
  /** Names of the objects right in a folder, sorted; none where there is no such folder. */
  objects(folder: string): Promise<string[]>;
}

/** A store in a folder of the files that the lake is on: `/home/models`, `s3://bucket/models`. */
export function modelStoreOn(files: Pick<Files, 'read' | 'create' | 'listFolders' | 'list'>, root: string): ModelStore {
  const pathOf = (key: string): string => (key === '' ? root : `${root}/${key}`);
  return {
    place: root,
    async read(key) {
      try {
        return await files.read(pathOf(key));
      } catch (thrown) {
        if (thrown instanceof MillraceError && thrown.code === 'not_found') return undefined;
        throw thrown;
      }
    },
    create: (key, bytes) => files.create(pathOf(key), bytes),
    async folders(folder) {
      return (await files.listFolders(pathOf(folder))).filter((name) => !name.startsWith('.'));
    },
    async objects(folder) {
      const names: string[] = [];
      const prefix = `${pathOf(folder)}/`;
      for await (const { path } of files.list(pathOf(folder))) {
        const name = path.slice(prefix.length);
        if (path.startsWith(prefix) && !name.includes('/') && !name.startsWith('.')) names.push(name);
      }
      return names.sort();
    },
  };
}
