// Scoring: one row with as little latency as possible, many rows with several in flight. Same bits as XGBoost: leaves are added in the order of the
// trees, from the base margin on, and each sum is rounded to float32.
import { MillraceError } from '../../base/index.ts';
import { NO_CATEGORY, OUTPUTS } from '../tree-model.ts';
import { addBinned, BINNED_BLOCK } from './binned.ts';
import { answer, BLOCK, type CompiledTrees } from './compile.ts';

/** The margin of one row of float32 features, NaN where missing, in the order of the model's. */
export function scoreMargin(compiled: CompiledTrees, row: Float32Array): number {
  if (row.length !== compiled.width) throw wrongWidth(compiled, row.length);
  const { fround } = Math;
  const { trees, roots, depths, next, value, feature, threshold, hasCategories, scratch } = compiled;
  double(row, 0, compiled.width, 1, scratch);
  let margin = compiled.base;
  let tree = 0;
  const fours = hasCategories ? 0 : trees & ~3;
  // Four trees at a time: a step of one need not wait for the other's memory. Leaves lead to themselves, so the deepest sets the pace.
  for (; tree < fours; tree += 4) {
    let a = roots[tree]!;
    let b = roots[tree + 1]!;
    let c = roots[tree + 2]!;
    let d = roots[tree + 3]!;
    const steps = Math.max(depths[tree]!, depths[tree + 1]!, depths[tree + 2]!, depths[tree + 3]!);
    for (let step = 0; step < steps; step += 1) {
      a = next[a]! + Number(scratch[feature[a]!]! < threshold[a]!);
      b = next[b]! + Number(scratch[feature[b]!]! < threshold[b]!);
      c = next[c]! + Number(scratch[feature[c]!]! < threshold[c]!);
      d = next[d]! + Number(scratch[feature[d]!]! < threshold[d]!);
    }
    margin = fround(fround(fround(fround(margin + value[a]!) + value[b]!) + value[c]!) + value[d]!);
  }
  for (; tree < trees; tree += 1) margin = fround(margin + value[walk(compiled, roots[tree]!, 0)]!);
  return margin;
}

/** The answer to one row: a probability, a rate, a number. */
export function scoreRow(compiled: CompiledTrees, row: Float32Array): number {
  return answer(compiled, scoreMargin(compiled, row));
}

/** From so many rows on another layout of the trees pays. */
const MANY_ROWS = 5_000;

/** The margins of many rows, one after the other in `rows`. */
export function scoreMargins(compiled: CompiledTrees, rows: Float32Array, into: Float32Array = new Float32Array(rowCount(compiled, rows))): Float32Array {
  const count = rowCount(compiled, rows);
  const { width } = compiled;
  if (count === 1) {
    into[0] = scoreMargin(compiled, rows);
    return into;
  }
  into.fill(compiled.base, 0, count);
  const binned = count < MANY_ROWS ? undefined : compiled.binned;
  if (binned !== undefined) {
    for (let begin = 0; begin < count; begin += BINNED_BLOCK) addBinned(binned, rows, begin, Math.min(BINNED_BLOCK, count - begin), into);
    return into;
  }
  for (let begin = 0; begin < count; begin += BLOCK) {
    const taken = Math.min(BLOCK, count - begin);
    double(rows, begin, width, taken, compiled.scratch);
    if (compiled.hasCategories) addWalking(compiled, begin, taken, into);
    else addStepping(compiled, begin, taken, into);
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

/** Copies rows with each feature followed, `width` further on, by its negative. */
function double(rows: Float32Array, begin: number, width: number, count: number, into: Float32Array): void {
  let from = begin * width;
  let to = 0;
  for (let row = 0; row < count; row += 1) {
    for (let feature = 0; feature < width; feature += 1) {
      const x = rows[from]!;
      into[to] = x;
      into[to + width] = -x;
      from += 1;
      to += 1;
    }
    to += width;
  }
}

/** Adds all trees to the margins of the rows in the scratch: four rows at a time, no branch inside a tree. */
function addStepping({ trees, roots, depths, feature, threshold, next, value, width, scratch }: CompiledTrees, begin: number, count: number, into: Float32Array): void {
  const wide = 2 * width;
  const fours = count & ~3;
  for (let tree = 0; tree < trees; tree += 1) {
    const root = roots[tree]!;
    const steps = depths[tree]!;
    for (let row = 0; row < fours; row += 4) {
      const p = row * wide;
      const q = p + wide;
      const r = q + wide;
      const s = r + wide;
      let a = root;
      let b = root;
      let c = root;
      let d = root;
      for (let step = 0; step < steps; step += 1) {
        a = next[a]! + Number(scratch[p + feature[a]!]! < threshold[a]!);
        b = next[b]! + Number(scratch[q + feature[b]!]! < threshold[b]!);
        c = next[c]! + Number(scratch[r + feature[c]!]! < threshold[c]!);
        d = next[d]! + Number(scratch[s + feature[d]!]! < threshold[d]!);
      }
      const at = begin + row;
      into[at]! += value[a]!;
      into[at + 1]! += value[b]!;
      into[at + 2]! += value[c]!;
      into[at + 3]! += value[d]!;
    }
    for (let row = fours; row < count; row += 1) {
      let a = root;
      for (let step = 0; step < steps; step += 1) a = next[a]! + Number(scratch[row * wide + feature[a]!]! < threshold[a]!);
      into[begin + row]! += value[a]!;
    }
  }
}

function addWalking(compiled: CompiledTrees, begin: number, count: number, into: Float32Array): void {
  const { trees, roots, value, width } = compiled;
  for (let tree = 0; tree < trees; tree += 1) {
    for (let row = 0; row < count; row += 1) into[begin + row]! += value[walk(compiled, roots[tree]!, row * 2 * width)]!;
  }
}

/** The leaf of a row of the scratch in a tree that may split by categories. */
function walk(compiled: CompiledTrees, root: number, offset: number): number {
  const { feature, threshold, next, setAt, turned, scratch } = compiled;
  let node = root;
  for (let below = next[node]!; below !== node; below = next[node]!) {
    const x = scratch[offset + feature[node]!]!;
    if (setAt[node]! < 0 || x !== x) node = below + Number(x < threshold[node]!);
    else node = below + Number(goesLeft(compiled, node, turned[node] === 1 ? -x : x) !== (turned[node] === 1));
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
