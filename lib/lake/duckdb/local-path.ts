// Paths of manifests as paths of this machine.
import { MillraceError } from '../../base/index.ts';
import { quoteText } from './sql-text.ts';

/** `/a/b` for `/a/b`, `file:/a/b` and `file:///a/b`; other places are refused. */
export function localPath(path: string): string {
  const local = path.replace(/^file:(?:\/\/(?=\/))?/, '');
  if (local.startsWith('/')) return local;
  throw new MillraceError('unsupported', 'DuckDB reads files of this machine alone', { where: path, todo: 'Fetch the files first.' });
}

/** A list literal of this machine's paths for read_parquet, with nothing in them taken for a wildcard. */
export function pathList(paths: readonly string[]): string {
  return `[${paths.map((path) => quoteText(path.replace(/[[*?]/g, '[$&]'))).join(', ')}]`;
}
