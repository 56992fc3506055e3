// Price lists as objects of a bucket: a folder a list, and one object that names the list that holds.
import type { Files } from '../../lake/index.ts';
import { CURRENT, exportedFiles, outlived, type ExportManifest } from './list-files.ts';
import type { PriceList } from './price-table.ts';

/**
 * Writes what `exportPriceList` writes into a folder, below `place` (`s3://bucket/exports/prices`). `current.json` comes when all it names is there, and an object is
 * written whole: whoever follows it reads the list before or this one. Doing it again is harmless.
 */
export async function exportToBucket(files: Files, place: string, list: PriceList): Promise<ExportManifest> {
  const { texts, current, announced } = exportedFiles(list);
  const write = (name: string, text: string): Promise<void> => files.write(`${place}/${name}`, Buffer.from(text));
  for (const [name, text] of texts) await write(`${list.header.listId}/${name}`, text);
  await write(CURRENT, current);
  for (const old of outlived(await files.listFolders(place), list.header.listId)) {
    for await (const { path } of files.list(`${place}/${old}`)) await files.delete(path);
  }
  return announced;
}
