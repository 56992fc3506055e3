// How long scoring one row takes: the median of many, after some to warm up, so that a pause of the machine does not count.

const WARM_UP = 50;
const MEASURED = 200;

/** Milliseconds a row. `matrix`: rows × width, row by row. `now`: milliseconds, with fractions. */
export function scoringLatency(score: (row: Float32Array) => unknown, matrix: Float32Array, width: number, now: () => number = () => performance.now()): number {
  const rows = Math.floor(matrix.length / Math.max(1, width));
  if (rows === 0) return 0;
  const taken: number[] = [];
  for (let turn = 0; turn < WARM_UP + MEASURED; turn++) {
    const row = matrix.slice((turn % rows) * width, (turn % rows) * width + width);
    const started = now();
    score(row);
    if (turn >= WARM_UP) taken.push(now() - started);
  }
  return taken.sort((left, right) => left - right)[Math.floor(MEASURED / 2)]!;
}
