// Which commit of a project is checked out, where it is in Git: read from Git's own files, so that Git need not be there.
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** The commit's hash; undefined where the folder and those above it are in no repository, or nothing is committed yet. */
export async function projectCommit(folder: string): Promise<string | undefined> {
  const head = await textOf(path.join(folder, '.git', 'HEAD'));
  if (head !== undefined) return commitOf(path.join(folder, '.git'), head);
  // A work tree of its own has a file in place of the folder.
  const [, elsewhere] = /^gitdir: (.+)$/m.exec(await textOf(path.join(folder, '.git')) ?? '') ?? [];
  if (elsewhere !== undefined) {
    const place = path.resolve(folder, elsewhere);
    const common = path.resolve(place, (await textOf(path.join(place, 'commondir')))?.trim() ?? '.');
    return commitOf(common, await textOf(path.join(place, 'HEAD')) ?? '');
  }
  const above = path.dirname(folder);
  return above === folder ? undefined : projectCommit(above);
}

async function commitOf(git: string, head: string): Promise<string | undefined> {
  const [, ref] = /^ref: (\S+)/.exec(head) ?? [];
  if (ref === undefined) return hashIn(head);
  const loose = await textOf(path.join(git, ref));
  const packed = loose ?? (await textOf(path.join(git, 'packed-refs')))?.split('\n').find((line) => line.endsWith(` ${ref}`));
  return hashIn(packed ?? '');
}

function hashIn(text: string): string | undefined {
  return /^[0-9a-f]{40,64}/.exec(text)?.[0];
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
