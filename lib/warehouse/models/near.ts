// Did-you-mean: the known names nearest to one that is not known.

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substituted = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substituted, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The known names nearest to `name`, best first, at most three; empty where none is near. */
export function nearNames(name: string, known: Iterable<string>): string[] {
  const wanted = name.toLowerCase();
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  const lastPart = (text: string) => text.slice(text.lastIndexOf('.') + 1);
  return [...known]
    .map((candidate) => {
      const lower = candidate.toLowerCase();
      const sameLastPart = lastPart(lower) === lastPart(wanted) ? 1 : Infinity;
      return { candidate, distance: Math.min(editDistance(wanted, lower), sameLastPart) };
    })
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** ` Did you mean a or b?`, or nothing where no known name is near. */
export function didYouMean(name: string, known: Iterable<string>): string | undefined {
  const near = nearNames(name, known);
  return near.length === 0 ? undefined : `did you mean ${near.join(' or ')}?`;
}
