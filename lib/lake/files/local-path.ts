// Paths of files on disk: other engines write `file:/a`, `file:///a` or `/a` for the same file.

/** The path without `file:`; what follows is taken literally, never decoded. */
export function localPath(path: string): string {
  return path.replace(/^file:(?:\/\/)?(?=\/)/, '');
}
