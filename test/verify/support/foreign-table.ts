// Tables that other engines keep in a folder, opened as they stand.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lake, LocalFiles, type Catalog, type Table } from '../../../lib/lake/index.ts';

/** The table whose newest metadata lie in a folder: `vN.metadata.json` or `NNNNN-<uuid>.metadata.json`, gzipped or not. */
export async function openForeignTable(folder: string): Promise<Table> {
  const metadata = readdirSync(join(folder, 'metadata')).flatMap((name) => {
    const match = /^v?(\d+).*metadata\.json(?:\.gz)?$/.exec(name);
    return match === null ? [] : [{ name, version: Number(match[1]) }];
  }).sort((left, right) => right.version - left.version);
  const hinted = hintedVersion(folder);
  const newest = metadata.find(({ version }) => hinted === undefined || version >= hinted);
  if (newest === undefined) throw new Error(`no metadata in ${folder}`);
  const metadataLocation = join(folder, 'metadata', newest.name);
  const name = { namespace: 'foreign', name: 'table' };
  const refuse = async (): Promise<never> => await Promise.reject(new Error('this table is only read'));
  const catalog: Catalog = {
    load: async () => ({ name, metadataLocation, token: '' }), locationFor: () => folder, create: refuse, commit: refuse, list: async () => [name], drop: refuse,
  };
  return await new Lake({ files: new LocalFiles(), catalog }).loadTable(name);
}

function hintedVersion(folder: string): number | undefined {
  try {
    return Number(readFileSync(join(folder, 'metadata/version-hint.text'), 'utf8'));
  } catch {
    return undefined;
  }
}
