// A version before the gate: beside the champion on the same rows, part by part, and with a clock in hand.
import {
  judgeVersion, matrixOf, measure, measureSlices, scorerOf, scoringLatency, testedOn, type Dataset, type FittedModel, type GateVerdict, type ModelRegistry, type Predictor, type SliceFigure, type TrainedVersion,
} from '../../learning/index.ts';

export interface Rival {
  version: string;
  /** On the candidate's test rows. */
  metrics: Readonly<Record<string, number>>;
  model: FittedModel;
}

/** The champion on the candidate's test rows; undefined where there is none, or it takes other features, so that the two cannot be compared. */
export async function rivalOf(registry: ModelRegistry, predictor: Predictor, data: Dataset, rows: Uint32Array): Promise<Rival | undefined> {
  const { champion: version } = await registry.aliases(predictor.name);
  if (version === undefined) return undefined;
  const card = await registry.card(predictor.name, version);
  if (card.features.join() !== predictor.features.join()) return undefined;
  const model = await registry.model(predictor.name, version);
  return { version, metrics: measure(predictor, model, data, rows).metrics, model };
}

/** The verdict, and the parts of the test rows where the predictor declares any. */
export function gateOf(predictor: Predictor, trained: TrainedVersion, data: Dataset, rival: Rival | undefined): { gate: GateVerdict; slices: SliceFigure[] } {
  const { model, metrics, testRows } = trained;
  const { metric, slices: declared } = predictor.gate;
  const on = (fitted: FittedModel) => (rows: Uint32Array): number => measure(predictor, fitted, data, rows).metrics[metric] ?? Number.NaN;
  const slices = declared === undefined ? [] : measureSlices(declared, data, testRows, on(model), rival === undefined ? undefined : on(rival.model));
  const score = scorerOf(model);
  const latencyMs = score === undefined ? undefined : scoringLatency(score, matrixOf(data, testRows.subarray(0, 200)), predictor.features.length);
  return { gate: judgeVersion(predictor.gate, { metrics, champion: rival?.metrics, latencyMs, tested: testedOn(predictor.gate, predictor.output, trained, data), slices }), slices };
}
