// Small files that are replaced as a whole, and are on the disk when that is said.
import { open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';

/** Makes the folder's entries durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a file whose bytes are on the disk when that is done; its name is once its folder is synced. */
export async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Replaces a file so that after a crash it holds either the old or the new text. One writer at a time. Throws the file system's errors. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.tmp`;
  try {
    await writeDurably(temporary, text);
    await rename(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(path.dirname(file));
}
