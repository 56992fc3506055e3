// The part of regular expressions that RE2 (DuckDB), Java (Trino) and JavaScript read alike.

/** What is wrong with a pattern, or undefined. Allowed: characters, `.`, classes in [], groups, |, ^ $ and counts. */
export function patternProblem(pattern: string): string | undefined {
  if (/[^ -~]/.test(pattern)) return 'a pattern is written in ASCII characters';
  try {
    ''.match(new RegExp(`^(?:${pattern})$`, 'su'));
  } catch {
    return `the pattern ${pattern} is no regular expression`;
  }
  if (/\\[^.\\+*?()|[\]{}^$/-]/.test(pattern)) return `the pattern ${pattern} has an escape that engines read differently: write [0-9] for \\d`;
  const plain = pattern.replace(/\\./g, '\\');
  if (/\(\?(?!:)/.test(plain)) return `the pattern ${pattern} looks around or names a group, which not every engine can`;
  if (/\[\^?\]/.test(plain) || /\[[^\]]*\[/.test(plain) || /\[[^\]]*&&/.test(plain)) return `the pattern ${pattern} has a class that engines read differently: escape [ in it`;
  if (/\{(?:\d{4,}|\d*,\d{4,})/.test(plain)) return `the pattern ${pattern} counts beyond 999`;
  return undefined;
}

/**
 * Whether what the pattern matches can never hold a control character, so that U+001F can separate it from its neighbours: it has neither
 * a dot nor a negated class. (Ranges in classes run between printable characters.)
 */
export function neverHoldsSeparator(pattern: string): boolean {
  const plain = pattern.replace(/\\./g, '\\');
  return !plain.includes('[^') && !plain.replace(/\[[^\]]*\]/g, '').includes('.');
}

/** Text that matches itself, in every engine. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
