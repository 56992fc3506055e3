// Finds a least value of a function of a few numbers without its derivatives (Nelder and Mead 1965).

/** The best point found from a start, after at most `steps` steps. */
export function minimise(of: (point: readonly number[]) => number, start: readonly number[], size = 0.5, steps = 400): { point: number[]; value: number } {
  const corner = (point: number[]): { point: number[]; value: number } => ({ point, value: of(point) });
  const simplex = [corner([...start]), ...start.map((_, axis) => corner(start.map((value, index) => (index === axis ? value + size : value))))];
  for (let step = 0; step < steps; step += 1) {
    simplex.sort((a, b) => a.value - b.value);
    const best = simplex[0]!;
    const worst = simplex.at(-1)!;
    if (Math.abs(worst.value - best.value) <= 1e-10 * (Math.abs(best.value) + 1e-300)) break;
    const centre = start.map((_, axis) => simplex.slice(0, -1).reduce((sum, { point }) => sum + point[axis]!, 0) / (simplex.length - 1));
    const along = (share: number): { point: number[]; value: number } => corner(centre.map((value, axis) => value + share * (worst.point[axis]! - value)));
    const reflected = along(-1);
    if (reflected.value < best.value) {
      const expanded = along(-2);
      simplex[simplex.length - 1] = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < simplex.at(-2)!.value) {
      simplex[simplex.length - 1] = reflected;
    } else {
      const contracted = along(reflected.value < worst.value ? -0.5 : 0.5);
      if (contracted.value < Math.min(worst.value, reflected.value)) simplex[simplex.length - 1] = contracted;
      else for (let index = 1; index < simplex.length; index += 1) simplex[index] = corner(simplex[index]!.point.map((value, axis) => (value + best.point[axis]!) / 2));
    }
  }
  simplex.sort((a, b) => a.value - b.value);
  return simplex[0]!;
}
