// Scoring: one row with as little latency as possible, many rows with several in flight. Same bits as XGBoost: leaves are added in the order of the
// trees, from the base margin on, and each sum is rounded to float32.
import { MillraceError } from '../../base/index.ts';
import { OUTPUTS } from '../tree-model.ts';
import { answer, type CompiledTrees } from './compile.ts';

/** Rows whose margins are worked on together: their features stay in the first cache. */
const BLOCK = 64;
/** Codes from here on, like negative ones, are no category: XGBoost sends them left. */
const NO_CATEGORY = 16_777_217;

/** The margin of one row of float32 features, NaN where missing, in the order of the model's. */
export function scoreMargin(compiled: CompiledTrees, row: Float32Array): number {
  if (row.length !== compiled.width) throw wrongWidth(compiled, row.length);
  const { fround } = Math;
  const { trees, roots, depths, next, value } = compiled;
  const hasGaps = compiled.hasCategories || row.some((x) => x !== x);
  let margin = compiled.base;
  let tree = 0;
  if (!hasGaps) {
    const { feature, threshold } = compiled;
    // Four trees at a time: a step of one need not wait for the other's memory. Leaves lead to themselves, so the deepest sets the pace.
    for (; tree + 4 <= trees; tree += 4) {
      let a = roots[tree]!;
      let b = roots[tree + 1]!;
      let c = roots[tree + 2]!;
      let d = roots[tree + 3]!;
      const steps = Math.max(depths[tree]!, depths[tree + 1]!, depths[tree + 2]!, depths[tree + 3]!);
      for (let step = 0; step < steps; step += 1) {
        a = next[a]! + Number(row[feature[a]!]! < threshold[a]!);
        b = next[b]! + Number(row[feature[b]!]! < threshold[b]!);
        c = next[c]! + Number(row[feature[c]!]! < threshold[c]!);
        d = next[d]! + Number(row[feature[d]!]! < threshold[d]!);
      }
      margin = fround(fround(fround(fround(margin + value[a]!) + value[b]!) + value[c]!) + value[d]!);
    }
  }
  for (; tree < trees; tree += 1) margin = fround(margin + value[walk(compiled, roots[tree]!, row, 0)]!);
  return margin;
}

/** The answer to one row: a probability, a rate, a number. */
export function scoreRow(compiled: CompiledTrees, row: Float32Array): number {
  return answer(compiled, scoreMargin(compiled, row));
}

/** The margins of many rows, one after the other in `rows`. */
export function scoreMargins(compiled: CompiledTrees, rows: Float32Array, into: Float32Array = new Float32Array(rowCount(compiled, rows))): Float32Array {
  const count = rowCount(compiled, rows);
  const { width } = compiled;
  into.fill(compiled.base, 0, count);
  for (let begin = 0; begin < count; begin += BLOCK) {
    const end = Math.min(begin + BLOCK, count);
    if (!compiled.hasCategories && isDense(rows, begin * width, end * width)) addDense(compiled, rows, begin, end, into);
    else addAny(compiled, rows, begin, end, into);
  }
  return into;
}

/** The answers to many rows. */
export function scoreRows(compiled: CompiledTrees, rows: Float32Array): Float32Array {
  const answers = scoreMargins(compiled, rows);
  if (OUTPUTS[compiled.model.objective] === 'identity') return answers;
  for (let row = 0; row < answers.length; row += 1) answers[row] = answer(compiled, answers[row]!);
  return answers;
}

function rowCount(compiled: CompiledTrees, rows: Float32Array): number {
  const count = rows.length / compiled.width;
  if (!Number.isInteger(count)) throw wrongWidth(compiled, rows.length);
  return count;
}

function wrongWidth({ width, model }: CompiledTrees, length: number): MillraceError {
  return new MillraceError('bad_input', `${length} numbers make no rows of ${width} features`, { where: 'the rows to score', todo: `give each row ${model.featureNames.join(', ')}, NaN where missing` });
}

function isDense(rows: Float32Array, begin: number, end: number): boolean {
  for (let i = begin; i < end; i += 1) if (rows[i] !== rows[i]) return false;
  return true;
}

/** Adds all trees to the margins of rows without missing values: four rows at a time, no branch inside a tree. */
function addDense({ trees, roots, depths, feature, threshold, next, value, width }: CompiledTrees, rows: Float32Array, begin: number, end: number, into: Float32Array): void {
  const fours = begin + ((end - begin) & ~3);
  for (let tree = 0; tree < trees; tree += 1) {
    const root = roots[tree]!;
    const steps = depths[tree]!;
    for (let row = begin; row < fours; row += 4) {
      const p = row * width;
      const q = p + width;
      const r = q + width;
      const s = r + width;
      let a = root;
      let b = root;
      let c = root;
      let d = root;
      for (let step = 0; step < steps; step += 1) {
        a = next[a]! + Number(rows[p + feature[a]!]! < threshold[a]!);
        b = next[b]! + Number(rows[q + feature[b]!]! < threshold[b]!);
        c = next[c]! + Number(rows[r + feature[c]!]! < threshold[c]!);
        d = next[d]! + Number(rows[s + feature[d]!]! < threshold[d]!);
      }
      into[row]! += value[a]!;
      into[row + 1]! += value[b]!;
      into[row + 2]! += value[c]!;
      into[row + 3]! += value[d]!;
    }
    for (let row = fours; row < end; row += 1) {
      let a = root;
      for (let step = 0; step < steps; step += 1) a = next[a]! + Number(rows[row * width + feature[a]!]! < threshold[a]!);
      into[row]! += value[a]!;
    }
  }
}

function addAny(compiled: CompiledTrees, rows: Float32Array, begin: number, end: number, into: Float32Array): void {
  const { trees, roots, value, width } = compiled;
  for (let tree = 0; tree < trees; tree += 1) {
    const root = roots[tree]!;
    for (let row = begin; row < end; row += 1) into[row]! += value[walk(compiled, root, rows, row * width)]!;
  }
}

/** The leaf of a row that may hold missing values and categories. */
function walk(compiled: CompiledTrees, root: number, rows: Float32Array, offset: number): number {
  const { feature, threshold, next, missing, setAt } = compiled;
  let node = root;
  for (let below = next[node]!; below !== node; below = next[node]!) {
    const x = rows[offset + feature[node]!]!;
    if (x !== x) node = below + missing[node]!;
    else if (setAt[node]! >= 0) node = below + Number(goesLeft(compiled, node, x));
    else node = below + Number(x < threshold[node]!);
  }
  return node;
}

/** Left, unless the category is one of those named. */
export function goesLeft({ setAt, setWords, bits }: CompiledTrees, node: number, x: number): boolean {
  if (x < 0 || x >= NO_CATEGORY) return true;
  const code = Math.trunc(x);
  const word = code >> 5;
  return word >= setWords[node]! || ((bits[setAt[node]! + word]! >>> (code & 31)) & 1) === 0;
}
