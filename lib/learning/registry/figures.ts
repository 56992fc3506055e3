// Probabilities as people read them: rare things have small ones, and three zeros behind the point say nothing of them.

/** Three digits that count, and at least three behind the point: 0.157, 0.00142, 0.000031; 0 for what never happened. */
export function probabilityText(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (value === 0) return '0';
  const digits = Math.max(3, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 12));
}
