// What waits to be sent to MLflow: a note a version, and one for the aliases of a predictor.
import path from 'node:path';
import { LocalFiles } from '../../lake/index.ts';
import type { Home } from '../home.ts';

/** Of a version, or without one of the aliases of a predictor. */
export interface Note { predictor: string; version?: string }

/** What waits to be sent, in words. */
export async function waitingForMlflow(home: Home): Promise<string[]> {
  return (await notesOf(home)).map(({ what }) => what);
}

/** Versions in their order, and what points at them last. */
export async function notesOf(home: Home): Promise<{ file: string; note: Note; what: string }[]> {
  const files = new LocalFiles();
  const found: { file: string; note: Note; what: string }[] = [];
  for await (const { path: file } of files.list(folderOf(home))) {
    if (!file.endsWith('.json')) continue;
    const note = JSON.parse(Buffer.from(await files.read(file)).toString('utf8')) as Note;
    found.push({ file, note, what: whatOf(note) });
  }
  const rank = ({ version }: Note): number => (version === undefined ? Number.POSITIVE_INFINITY : Number(version));
  return found.sort((left, right) => (rank(left.note) === rank(right.note) ? (left.what < right.what ? -1 : 1) : rank(left.note) - rank(right.note)));
}

export function whatOf({ predictor, version }: Note): string {
  return version === undefined ? `the aliases of ${predictor}` : `version ${version} of ${predictor}`;
}

export function folderOf(home: Home): string {
  return path.join(home.root, 'tracking');
}
