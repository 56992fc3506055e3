// Random forests: each thread grows whole trees, so the trees do not depend on how many threads there are.
import { hash32, seededRandom, shuffled } from '../random.ts';
import type { Tree } from '../tree-model.ts';
import { ALONE, type Team } from '../threads/team.ts';
import { DrawnTreeGrower, type NodeDraw } from './grow-drawn.ts';
import { TreeGrower } from './grow.ts';
import type { GrownTree } from './growing-tree.ts';
import { growthMemory } from './growth-memory.ts';
import { roundToGrid } from './objectives.ts';
import { fillBins, findBins, type SharedBinning, type SharedRows } from './shared-data.ts';

export interface CompleteForestSettings {
  trees: number;
  depth: number;
  minLeafWeight: number;
  maxBins: number;
  featuresPerSplit: number;
  bootstrap: boolean;
  /** Labels are 0 and 1. */
  isBinary: boolean;
  oneHotUpTo: number;
  seed: number;
}

export interface ForestJob {
  kind: 'forest';
  settings: CompleteForestSettings;
  data: SharedRows;
  binning: SharedBinning;
  /** Mean label: trees grow on what differs from it, and leaves add it again. */
  center: number;
  leastGain: number;
  /** Not 0: stop after this tree. */
  stop: Int32Array;
}

export interface ForestTree {
  index: number;
  tree: Tree;
}

/** Grows this thread's trees and tells each. Halving the variance of 0 and 1 is halving the Gini impurity, so one rule serves both kinds of forest. */
export function growForest(job: ForestJob, team: Team, tell: (grown: ForestTree) => void): void {
  const { settings, data, binning } = job;
  findBins(data, binning, settings.maxBins, settings.seed, team);
  fillBins(data, binning, team);
  team.barrier();
  const { depth, minLeafWeight, oneHotUpTo, trees, bootstrap, seed } = settings;
  const memory = growthMemory(data.rows, data.width, depth, 1, true);
  const rules = { maxDepth: depth, lambda: 0, alpha: 0, gamma: 0, leastGain: job.leastGain, minChildWeight: minLeafWeight, oneHotUpTo, leastCategory: 0, monotone: undefined };
  const gradients = new Float32Array(data.rows * 2);
  // Where every feature is tried, histograms of the larger child come by subtraction.
  const growerOf = (): (index: number, taken: number) => GrownTree => {
    if (settings.featuresPerSplit < data.width) {
      const grower = new DrawnTreeGrower(data, binning, rules, memory);
      return (index, taken) => grower.grow(gradients, taken, 1, drawFeatures(job, hash32(seed, index, 7)));
    }
    const grower = new TreeGrower(data, binning, rules, memory, ALONE);
    return (_index, taken) => grower.grow(gradients, taken, 1, undefined);
  };
  const grow = growerOf();
  for (let index = team.index; index < trees && Atomics.load(job.stop, 0) === 0; index += team.size) {
    const taken = drawRows(job, index, gradients, memory.order, bootstrap);
    const { tree } = grow(index, taken);
    // A leaf of the model holds its share of the forest's answer, so that the sum over the trees is the mean.
    for (let node = 0; node < tree.left.length; node += 1) {
      tree.weight[node] = tree.weight[node]! + job.center;
      if (tree.left[node]! < 0) tree.threshold[node] = tree.weight[node]! / trees;
    }
    tell({ index, tree });
  }
}

/** Draws the tree's rows with replacement; a row drawn n times counts n times. */
function drawRows({ data, settings, center }: ForestJob, index: number, gradients: Float32Array, order: Uint32Array, bootstrap: boolean): number {
  const { rows, labels, weights } = data;
  const random = seededRandom(hash32(settings.seed, index, 3));
  const counts = new Uint16Array(rows);
  if (bootstrap) for (let i = 0; i < rows; i += 1) counts[random.integer(rows)]! += 1;
  else counts.fill(1);
  let taken = 0;
  let greatest = 0;
  let heaviest = 0;
  for (let row = 0; row < rows; row += 1) {
    const weight = counts[row]! * (weights === undefined ? 1 : weights[row]!);
    if (weight === 0) continue;
    const gradient = (center - labels[row]!) * weight;
    gradients[2 * row] = gradient;
    gradients[2 * row + 1] = weight;
    greatest = Math.max(greatest, Math.abs(gradient));
    heaviest = Math.max(heaviest, weight);
    order[taken] = row;
    taken += 1;
  }
  roundToGrid(gradients, 0, 0, rows, rows, greatest);
  roundToGrid(gradients, 1, 0, rows, rows, heaviest);
  return taken;
}

/** A fresh draw of features for every node. */
function drawFeatures({ data, settings, center }: ForestJob, seed: number): NodeDraw {
  // All labels 0, or all 1: the mean of what differs from the center says so.
  const isPure = (gradient: number, hessian: number): boolean => {
    const mean = center - gradient / hessian;
    return settings.isBinary && (mean < 1e-9 || mean > 1 - 1e-9);
  };
  return { order: (node) => shuffled(data.width, seededRandom(hash32(seed, node, 11))), count: settings.featuresPerSplit, isPure };
}
