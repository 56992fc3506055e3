// What a declared predictor must be, told where it is declared: a name that nobody reads would else train something else than was asked for.
import { checkKeys, MillraceError } from '../../base/index.ts';
import type { AnomalySettings } from '../anomalies/robust.ts';
import type { SegmentSettings } from '../clusters/segments.ts';
import type { RecommenderSettings } from '../recommend/recommender.ts';
import type { DemandSettings } from '../smoothing/demand.ts';
import { durationOf } from '../split/by-time.ts';
import type { BoostingSettings } from '../trees/boosting-settings.ts';
import type { ForestSettings } from '../trees/train.ts';
import { isOfTrees, METRICS, type Algorithm, type Declared, type Gate, type Metric, type Predictor, type SliceDeclaration, type SplitDeclaration } from './types.ts';

/** What may be written, held to the types by the compiler: a setting that is added there is missing here until it is named. */
type Names<Settings> = Readonly<Record<keyof Settings, true>>;

const PREDICTOR: Names<Omit<Predictor, 'name'>> = {
  question: true, owner: true, entities: true, features: true, label: true, output: true, algorithm: true, split: true, gate: true, writes: true, knownAhead: true, tune: true, classWeights: true, negatives: true, sample: true, baseline: true,
};
const SPLIT: Names<SplitDeclaration> = { validate: true, test: true, gap: true };
const GATE: Names<Gate> = { metric: true, notWorseThanChampion: true, leastRows: true, leastPositives: true, calibrationError: true, latencyMs: true, slices: true };
const SLICES: Names<SliceDeclaration> = { by: true, leastRows: true, notWorseThanChampion: true };

const BOOSTING: Names<BoostingSettings> = {
  objective: true, quantile: true, trees: true, depth: true, learningRate: true, minChildWeight: true, lambda: true, alpha: true, gamma: true, maxBins: true, subsample: true, featuresPerTree: true,
  monotone: true, oneHotUpTo: true, positiveWeight: true, earlyStopping: true, metric: true, seed: true,
};
const FOREST: Names<ForestSettings> = { trees: true, depth: true, minLeafWeight: true, maxBins: true, featuresPerSplit: true, bootstrap: true, task: true, classWeights: true, oneHotUpTo: true, seed: true };
const SEGMENTS: Names<SegmentSettings> = { clusters: true, orderBy: true, starts: true, iterations: true, seed: true, names: true };
const DEMAND: Names<DemandSettings> = { period: true, season: true, group: true, confidence: true };
const RECOMMENDER: Names<RecommenderSettings> = { halfLife: true, neighbours: true, factors: true, listed: true, recentDays: true, seed: true };
const ANOMALIES: Names<AnomalySettings> = { window: true, threshold: true, scale: true };

const SETTINGS: Readonly<Record<Algorithm['kind'], object>> = {
  gradient_boosting: BOOSTING, random_forest: FOREST, k_means: SEGMENTS, exponential_smoothing: DEMAND, recommender: RECOMMENDER, robust_residual: ANOMALIES,
};

/** What trees are measured by; every other kind has metrics of its own. */
const OF_TREES: Readonly<Record<Predictor['output'], readonly Metric[]>> = { probability: ['auc', 'log_loss', 'brier'], value: ['rmse', 'mae', 'r2', 'pinball'] };

/** Throws `bad_input` naming the predictor, what of it nobody reads or can be measured by, and what there is. */
export function checkDeclaration(name: string, declared: Declared): void {
  const wrong = (message: string, todo: string) => new MillraceError('bad_input', message, { where: `predictor ${name}`, todo });
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw wrong(`'${name}' cannot be the name of a predictor`, 'Use lower-case letters, digits and _.');
  const keys = (what: string, given: unknown, known: object): void => void checkKeys(what, given, Object.keys(known));
  const { algorithm, split, gate, writes, output = 'probability' } = declared;
  keys(name, declared, PREDICTOR);
  for (const [what, part] of Object.entries({ algorithm, split, gate })) {
    if (typeof part !== 'object' || part === null) throw wrong(`it has no ${what}`, 'docs/predictors.md shows one that is whole.');
  }
  keys(`${name}.split`, split, SPLIT);
  keys(`${name}.gate`, gate, GATE);
  keys(`${name}.gate.slices`, gate.slices, SLICES);
  const settings = SETTINGS[algorithm.kind];
  if (settings === undefined) throw wrong(`there is no algorithm ${String(algorithm.kind)}`, `There are ${Object.keys(SETTINGS).join(', ')}.`);
  keys(`${name}.algorithm`, algorithm.settings, settings);
  for (const part of ['validate', 'test', 'gap'] as const) {
    try {
      durationOf(split[part]);
    } catch (cause) {
      throw new MillraceError('bad_input', `${part} of its split is ${JSON.stringify(split[part]) ?? 'missing'}, which is no length of time`, { where: `predictor ${name}`, todo: 'Write 12h, 14d or 2w.', cause });
    }
  }
  if (output !== 'probability' && output !== 'value') throw wrong(`it answers a ${String(output)}`, "Say output: 'probability' or 'value'.");
  const known = isOfTrees(algorithm) ? OF_TREES[output] : Object.keys(METRICS);
  if (!known.includes(gate.metric)) {
    throw wrong(`its gate goes by ${String(gate.metric)}, by which ${isOfTrees(algorithm) ? `a ${output} is not measured` : 'nothing is measured'}`, `Give one of ${known.join(', ')}${Object.hasOwn(METRICS, gate.metric) && isOfTrees(algorithm) ? `, or output: '${output === 'value' ? 'probability' : 'value'}'` : ''}.`);
  }
  if (!(Number.isFinite(gate.notWorseThanChampion) && gate.notWorseThanChampion >= 0)) throw wrong(`its gate lets a version be worse than the champion by ${String(gate.notWorseThanChampion)}`, `Give notWorseThanChampion, a number from 0 on, in ${gate.metric}.`);
  if (writes !== undefined && !/^gold\.[a-z][a-z0-9_]*$/.test(writes)) throw wrong(`it writes ${JSON.stringify(writes)}`, `Name a table of gold that is its own, as gold.${name}_predictions, or leave it out.`);
  checkWhat(declared, wrong);
}

/** Who it is about, what it learns from, and on how much. */
function checkWhat(declared: Declared, wrong: (message: string, todo: string) => MillraceError): void {
  const { kind } = declared.algorithm;
  const ofTrees = isOfTrees(declared.algorithm);
  if (declared.features.length === 0 && (ofTrees || kind === 'k_means')) throw wrong('it has no features', 'Name at least one.');
  if (declared.features.length > 0 && !ofTrees && kind !== 'k_means') throw wrong(`it has features, which ${kind} does not take`, 'Leave them empty: it learns from the entities, at_time and the label.');
  if (declared.label === undefined && kind !== 'k_means') throw wrong('it has no label', 'Name the column that is to be foretold.');
  if (declared.baseline !== undefined && !(ofTrees && declared.features.includes(declared.baseline))) throw wrong(`its baseline ${declared.baseline} is not among its features`, 'Name one of them, or leave it out for the mean.');
  if (declared.negatives !== undefined && !(ofTrees && declared.negatives.share > 0 && declared.negatives.share <= 1)) throw wrong(`it takes a share of ${declared.negatives.share} of the negatives`, 'Give trees a share above 0, up to 1.');
  if (declared.sample !== undefined && !(Number.isInteger(declared.sample.most) && declared.sample.most > 0)) throw wrong(`it samples ${declared.sample.most} rows`, 'Give a whole number above 0.');
  for (const least of ['leastRows', 'leastPositives'] as const) {
    const count = declared.gate[least];
    if (count !== undefined && !(Number.isInteger(count) && count >= 1)) throw wrong(`its gate asks for ${count} ${least}`, 'Give a whole number from 1 on.');
  }
  if (declared.gate.leastPositives !== undefined && !(ofTrees && declared.output !== 'value')) throw wrong('its gate asks for leastPositives, and it answers no probability', 'Leave them out, or ask for leastRows.');
  if (declared.entities.length === 0) throw wrong('it says of nobody who a row is about', 'Name the columns of its entities.');
  const twice = declared.features.find((feature, index) => declared.features.indexOf(feature) < index);
  if (twice !== undefined) throw wrong(`the feature ${twice} is named twice`, 'Name it once.');
  if (declared.label !== undefined && declared.features.includes(declared.label)) throw wrong(`the label ${declared.label} is among the features`, 'A model that sees its answer learns nothing else.');
}
