// Regular expressions for ranges of whole numbers: `[5, 120]` → `[5-9]|[1-9][0-9]|1[01][0-9]|120`.

/** Matches the whole numbers from `low` to `high`, both inclusive and not negative, written without leading zeros. */
export function rangePattern(low: bigint, high: bigint): string {
  const alternatives: string[] = [];
  let from = low;
  while (from <= high) {
    const to = blockEnd(from, high);
    alternatives.push(block(String(from), String(to)));
    from = to + 1n;
  }
  return alternatives.join('|');
}

/** The largest number ≤ high such that from…it is one common prefix, one digit range and any digits behind it. */
function blockEnd(from: bigint, high: bigint): bigint {
  let end = from;
  for (let unit = 1n; ; unit *= 10n) {
    // A block may take in whole runs of `unit` numbers only where `from` starts such a run.
    if (from % unit !== 0n || (from === 0n && unit > 1n)) return end;
    const lastDigit = (from / unit) % 10n;
    let reached = end;
    for (let digit = lastDigit; digit <= 9n; digit++) {
      const candidate = from + (digit - lastDigit + 1n) * unit - 1n;
      if (candidate > high || String(candidate).length !== String(from).length) break;
      reached = candidate;
    }
    if (reached < end || (unit > 1n && reached < from + unit - 1n)) return end;
    end = reached;
  }
}

function block(from: string, to: string): string {
  let pattern = '';
  let any = 0;
  for (let at = 0; at < from.length; at++) {
    const [a, b] = [from[at]!, to[at]!];
    if (a === b) pattern += a;
    else if (a === '0' && b === '9') any++;
    else pattern += `[${a}-${b}]`;
  }
  if (any === 0) return pattern;
  return `${pattern}[0-9]${any === 1 ? '' : `{${any}}`}`;
}
