// Solves A x = b for a symmetric positive definite A, by its Cholesky factor.

/**
 * Factors `matrix` (row by row, `size` squared) in place into the lower triangle L with L Lᵀ = A. Returns false if A is not positive definite,
 * to within rounding.
 */
export function choleskyFactor(matrix: Float64Array, size: number): boolean {
  for (let column = 0; column < size; column += 1) {
    let diagonal = matrix[column * size + column]!;
    const original = diagonal;
    for (let k = 0; k < column; k += 1) diagonal -= matrix[column * size + k]! ** 2;
    if (!(diagonal > original * 1e-13)) return false;
    const root = Math.sqrt(diagonal);
    matrix[column * size + column] = root;
    for (let row = column + 1; row < size; row += 1) {
      let sum = matrix[row * size + column]!;
      for (let k = 0; k < column; k += 1) sum -= matrix[row * size + k]! * matrix[column * size + k]!;
      matrix[row * size + column] = sum / root;
    }
  }
  return true;
}

/** Solves for one right side, in place, with what `choleskyFactor` made. */
export function choleskySolve(factor: Float64Array, size: number, right: Float64Array): void {
  for (let row = 0; row < size; row += 1) {
    let sum = right[row]!;
    for (let k = 0; k < row; k += 1) sum -= factor[row * size + k]! * right[k]!;
    right[row] = sum / factor[row * size + row]!;
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    let sum = right[row]!;
    for (let k = row + 1; k < size; k += 1) sum -= factor[k * size + row]! * right[k]!;
    right[row] = sum / factor[row * size + row]!;
  }
}
