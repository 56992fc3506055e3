// Gradient boosting: what every thread of the team runs, from binning to the last round.
import { hashUniform, seededRandom, shuffled } from '../random.ts';
import type { Tree } from '../tree-model.ts';
import { shareOf, type Team } from '../threads/team.ts';
import type { CompleteBoostingSettings } from './boosting-settings.ts';
import { TreeGrower } from './grow.ts';
import { leafOf, type GrownTree } from './growing-tree.ts';
import type { GrowthMemory } from './growth-memory.ts';
import type { FeatureChoice } from './node-splits.ts';
import { gradientsOf, hessianBound, leafQuantileOf, roundToGrid } from './objectives.ts';
import { quantileOf } from './quantiles.ts';
import { fillBins, findBins, type SharedBinning, type SharedRows } from './shared-data.ts';
import { isBetter, scoreValidation, type SharedValidation } from './validation.ts';

export interface BoostingJob {
  kind: 'boosting';
  settings: CompleteBoostingSettings;
  /** The margin that every row starts from. */
  startingMargin: number;
  leastGain: number;
  data: SharedRows;
  binning: SharedBinning;
  memory: GrowthMemory;
  margins: Float32Array;
  /** Gradient and hessian a row. */
  gradients: Float32Array;
  /** One number a thread. */
  greatest: Float64Array;
  /** Leaves' own answers, where the objective wants a quantile of residuals rather than a Newton step. */
  leaves: Float32Array;
  validation: SharedValidation | undefined;
  /** Not 0: stop after this round. */
  stop: Int32Array;
}

export interface BoostedRound {
  tree: Tree;
  /** The metric of the validation rows. */
  score: number | undefined;
}

/**
 * Runs the job's share of this thread. The first thread tells each round as it ends. Returns how many rounds are worth keeping:
 * with early stopping those up to the best validation score.
 */
export function boost(job: BoostingJob, team: Team, tell: (round: BoostedRound) => void): number {
  const { settings, data, binning, memory, margins, gradients, validation } = job;
  const { objective, quantile, learningRate, seed, subsample, earlyStopping, metric } = settings;
  const share = shareOf(data.rows, team);
  findBins(data, binning, settings.maxBins, seed, team);
  fillBins(data, binning, team);
  margins.fill(job.startingMargin, share.begin, share.end);
  if (validation !== undefined) prepareValidation(validation, binning, job.startingMargin, team);
  team.barrier();
  const rules = { ...settings, maxDepth: settings.depth, leastGain: job.leastGain, leastCategory: settings.minChildWeight };
  const grower = new TreeGrower(data, binning, rules, memory, team);
  const gradient = gradientsOf(objective, quantile, settings.positiveWeight);
  const greatestHessian = hessianBound(objective, settings.positiveWeight, data.weights);
  const leafQuantile = leafQuantileOf(objective, quantile);
  let best: number | undefined;
  let kept = settings.trees;
  for (let round = 0; round < settings.trees; round += 1) {
    job.greatest[team.index] = gradient(margins, data.labels, data.weights, share.begin, share.end, gradients);
    const taken = takeRows(memory.order, share, seed, round, subsample);
    team.barrier();
    roundToGrid(gradients, 0, share.begin, share.end, data.rows, Math.max(...job.greatest));
    roundToGrid(gradients, 1, share.begin, share.end, data.rows, greatestHessian);
    const grown = grower.grow(gradients, taken, learningRate, featureChoice(data.width, settings.featuresPerTree, seed, round));
    if (leafQuantile !== undefined) answerByQuantile(job, grower, grown, leafQuantile, team);
    advance(grown, grower, job, share, team);
    let score: number | undefined;
    if (validation !== undefined) {
      advanceValidation(validation, grown, team);
      score = scoreValidation(validation, metric, quantile, team);
      if (best === undefined || isBetter(metric, score, best)) {
        best = score;
        if (earlyStopping > 0) kept = round + 1;
      }
    }
    if (team.index === 0) tell({ tree: grown.tree, score });
    if (earlyStopping > 0 && validation !== undefined && round + 1 - kept >= earlyStopping) break;
    // The decision to stop is read between two barriers, so that all threads see the same.
    team.barrier();
    const stopped = Atomics.load(job.stop, 0) !== 0;
    team.barrier();
    if (stopped) break;
  }
  return kept;
}

function prepareValidation({ data, margins }: SharedValidation, binning: SharedBinning, startingMargin: number, team: Team): void {
  fillBins(data, binning, team);
  const { begin, end } = shareOf(data.rows, team);
  margins.fill(startingMargin, begin, end);
}

/** Puts the rows that this round's tree sees at this thread's place; the draw of a row does not depend on the threads. */
function takeRows(order: Uint32Array, { begin, end }: { begin: number; end: number }, seed: number, round: number, subsample: number): number {
  let at = begin;
  for (let row = begin; row < end; row += 1) {
    if (subsample < 1 && hashUniform(seed, row, round + 1) >= subsample) continue;
    order[at] = row;
    at += 1;
  }
  return at - begin;
}

function featureChoice(width: number, share: number, seed: number, round: number): FeatureChoice | undefined {
  if (share >= 1) return undefined;
  const drawn = shuffled(width, seededRandom(seed * 1_000_003 + round)).subarray(0, Math.max(1, Math.round(share * width)));
  const used = new Set(drawn);
  return (_node, feature) => used.has(feature);
}

/** Replaces what the leaves say by the quantile of their rows' residuals, times the learning rate; each thread does a share of the leaves. */
function answerByQuantile(job: BoostingJob, grower: TreeGrower, { tree }: GrownTree, quantile: number, team: Team): void {
  const { settings, data, margins } = job;
  for (let node = team.index; node < tree.left.length; node += team.size) {
    if (tree.left[node]! >= 0) continue;
    const rows = grower.rowsOf(node);
    const residuals = new Float32Array(rows.length);
    for (let i = 0; i < rows.length; i += 1) residuals[i] = data.labels[rows[i]!]! - margins[rows[i]!]!;
    const weights = data.weights === undefined ? undefined : Float32Array.from(rows, (row) => data.weights![row]!);
    job.leaves[node] = quantileOf(residuals, weights, quantile) * settings.learningRate;
  }
  team.barrier();
  for (let node = 0; node < tree.left.length; node += 1) if (tree.left[node]! < 0) tree.threshold[node] = job.leaves[node]!;
  team.barrier();
}

/** Adds the tree to the margins of this thread's rows. */
function advance(grown: GrownTree, grower: TreeGrower, { settings, data, margins, memory }: BoostingJob, share: { begin: number; end: number }, team: Team): void {
  const { tree } = grown;
  if (settings.subsample < 1) {
    for (let row = share.begin; row < share.end; row += 1) margins[row]! += tree.threshold[leafOf(grown, data.bins, row, data.width)]!;
    return;
  }
  for (let node = 0; node < tree.left.length; node += 1) {
    if (tree.left[node]! >= 0) continue;
    const value = tree.threshold[node]!;
    const { begin, end } = grower.range(team.index, node);
    for (let i = begin; i < end; i += 1) margins[memory.order[i]!]! += value;
  }
}

function advanceValidation({ data, margins }: SharedValidation, grown: GrownTree, team: Team): void {
  const { begin, end } = shareOf(data.rows, team);
  for (let row = begin; row < end; row += 1) margins[row]! += grown.tree.threshold[leafOf(grown, data.bins, row, data.width)]!;
}
