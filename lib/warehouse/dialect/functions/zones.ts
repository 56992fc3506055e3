// Which names are time zones.

const known = new Map<string, boolean>();

/** `UTC`, or a name of the IANA database such as `America/Sao_Paulo`; offsets are none. */
export function isZone(name: string): boolean {
  if (name === 'UTC') return true;
  if (!/^[A-Z][A-Za-z_]*(?:\/[A-Za-z_+-]+\d*)+$/.test(name)) return false;
  let found = known.get(name);
  if (found === undefined) {
    try {
      found = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
    } catch {
      found = false;
    }
    known.set(name, found);
  }
  return found;
}
