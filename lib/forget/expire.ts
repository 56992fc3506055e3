// Older snapshots go with their files, and files that could not be deleted are not forgotten: they are noted first, and the next try goes on with them.
import { MillraceError, messageOf } from '../base/index.ts';
import { tableNameOf } from '../lake/index.ts';
import type { ForgetContext } from './types.ts';

/** Gives the tables that there are. @throws `io` naming the files that could not be deleted */
export async function expireWithFiles({ ingest: { lake }, journal, liftedTags, signal }: Pick<ForgetContext, 'ingest' | 'journal' | 'liftedTags' | 'signal'>, noteId: string, names: readonly string[]): Promise<string[]> {
  const expired: string[] = [];
  const failed: string[] = [];
  let cause: unknown;
  for (const text of names) {
    signal?.throwIfAborted();
    const table = await lake.findTable(tableNameOf(text));
    if (table === undefined) continue;
    const note = `files-${text}`;
    const earlier = (await journal.gather<string[]>(noteId, note)).get(note) ?? [];
    // Metadata files hold no row, and a catalog of folders deletes its own in their order.
    const noted = [...new Set([...earlier, ...await table.referencedFiles()])].filter((path) => !path.endsWith('.metadata.json'));
    await journal.note(noteId, note, noted);
    // Who is forgotten is not kept for the sake of a model that was trained on them, or of an answer that was made from what they did.
    for (const tag of Object.keys(table.metadata.refs).filter((ref) => liftedTags.some((beginning) => ref.startsWith(beginning)))) await table.removeTag(tag);
    // The newest snapshot still lists the files that it took away, with the least and greatest values in them.
    await table.rewriteManifests({ withoutDeleted: true, ...(signal === undefined ? {} : { signal }) });
    // Whatever their age, and by whosever clock: that of a writer may be ahead of this machine's.
    await table.expireSnapshots({ olderThanMilliseconds: Number.NEGATIVE_INFINITY, keepAtLeast: 1 });
    const kept = await table.referencedFiles();
    for (const path of noted) {
      if (kept.has(path)) continue;
      await lake.context.files.delete(path).catch((error: unknown) => {
        failed.push(path);
        cause = error;
      });
    }
    expired.push(text);
  }
  if (failed.length > 0) {
    throw new MillraceError('io', `${failed.length} files of older snapshots could not be deleted, ${failed.slice(0, 3).join(', ')}${failed.length > 3 ? ' and more' : ''}: ${messageOf(cause)}`, {
      todo: 'Nothing refers to them any more, but they hold the rows. Mend that, then run the same again: it goes on with them, and gives the receipt.', cause,
    });
  }
  return expired;
}
