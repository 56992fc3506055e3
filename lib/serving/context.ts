// What the API stands on: models, features, prices, carriers, the log. Ports; the homes bring the adapters.
import type { Experiment, Segments } from '../experiments/index.ts';
import type { FeatureValues } from '../features/index.ts';
import type { Guardrails, HandedPrice, ListHeader, PricePolicy, PriceSituation } from '../pricing/index.ts';
import type { QuoteSettings } from '../shipping/index.ts';
import type { KeyStore, Usage } from './keys.ts';
import type { IdempotencyStore } from './idempotency.ts';
import type { QuotedText } from './quoted.ts';

export type Alias = 'champion' | 'challenger';

/** A column of a model's matrix, and where a request gets it from. */
export interface ModelInput {
  /** `views_7d`, or with its view `visitor.views_7d`. */
  name: string;
  /** undefined: the request itself gives it. */
  view?: string;
}

/** A version of a predictor's model, loaded. */
export interface ServedModel {
  predictor: string;
  version: string;
  alias: Alias;
  question: string;
  /** Columns in the order of the matrix. */
  inputs: readonly ModelInput[];
  /** Columns of a request that name the entities: `visitor_id`, `item_id`. */
  entities: readonly string[];
  /** What an answer's figure is: `probability`, or `value` in its own unit. */
  output: 'probability' | 'value';
  /** Row-major, rows × inputs, NaN where a value is missing; gives one figure a row, good until the next call. */
  score(matrix: Float64Array, rows: number): Float64Array;
  /** Of one row: one figure an input and the bias, in the model's margin. undefined where the model cannot tell. */
  contributions?: (row: Float64Array) => Float64Array;
  /** What is answered, marked as a fall-back, when features cannot be read: the base rate of the training set. */
  fallback: number;
}

export interface Models {
  /** Never waits: a new version replaces the old one between two requests. */
  find(predictor: string, alias: Alias): ServedModel | undefined;
  /** Whether there is such a predictor, trained or not. */
  declares(predictor: string): boolean;
  declared(): readonly string[];
  list(): { predictor: string; alias: Alias; version: string; question: string; inputs: readonly string[]; entities: readonly string[]; metrics: Readonly<Record<string, number>>; canary_share?: number }[];
}

/** A challenger that answers for a share of the units, and what is counted of both sides meanwhile. */
export interface CanaryTraffic {
  /** Whether the challenger answers for this unit: the same for every request. */
  takes(unit: string): boolean;
  answered(alias: Alias, answers: number, fallbacks: number, milliseconds: number): void;
  /** The challenger threw, gave no number, or wants inputs that the rows lack: the champion answers instead. */
  failed(answers: number): void;
}

export interface FeatureReader {
  /** Entity columns of a view; undefined where there is no such view. */
  entityOf(view: string): readonly string[] | undefined;
  /** Names of the views. */
  views(): readonly string[];
  /** Features of several views at once, each for its entities; a store on the same machine gives them without a promise. @throws where the store does not answer. */
  read(wanted: readonly { view: string; entities: readonly (readonly string[])[] }[], at: number): Promise<FeatureValues[][]> | FeatureValues[][];
}

export interface Recommendation { item_id: string; score: number }

export interface Recommender {
  version: string;
  /** For a visitor, or beside an item; the most popular where nothing is known, marked as such. */
  recommend(wanted: { visitorId?: string; itemId?: string; limit: number }): { items: Recommendation[]; source: 'personal' | 'similar' | 'popular' };
}

export interface Prices {
  version: string;
  guardrails: Guardrails;
  policies: Readonly<Record<string, PricePolicy>>;
  /** Which policy answers unless an experiment says otherwise. */
  policy: string;
  situationOf(sku: string): PriceSituation | undefined;
  /** Of all items, for a list of prices. */
  situations?(): Iterable<PriceSituation>;
  /** Prices of the list that holds now, from the online store; undefined where none holds. */
  listed?(skus: readonly string[], at: number): Promise<PriceListPart | undefined>;
  currency: string;
}

/** What a precomputed list says of some items. */
export interface PriceListPart { header: ListHeader; prices: ReadonlyMap<string, HandedPrice> }

export interface Shipping {
  version: string;
  settings: QuoteSettings;
  originPostcode: string;
  currency: string;
  /** As much of a postcode as decides on a quote: the longest beginning that the shop's zones or places know; empty where none is known. */
  prefixOf(postcode: string): string;
  /** The shop's day of a moment, as 2018-10-18; default: that of UTC. */
  dayOf?(at: number): string;
}

/** One line of the log of predictions; `entity`, `features` and `response` are JSON. */
export interface PredictionRecord<Json = string> extends Segments {
  prediction_id: string;
  request_id: string;
  predicted_at: number;
  kind: string;
  version: string;
  experiment: string | null;
  variant: string | null;
  unit: string | null;
  entity: Json;
  features: Json;
  response: Json;
  score: number | null;
  fallback: boolean;
  /** Of a fall-back: why it is one. */
  reason?: string;
  key_id: string;
  latency_ms: number;
}

/** As it is handed to the log. */
export type NewPrediction = PredictionRecord<string | QuotedText>;

export interface OutcomeRecord { outcome_id: string; prediction_id: string | null; unit: string | null; outcome: string; value: number | null; occurred_at: number; key_id: string }

export interface PredictionLog {
  /** Never waits and never throws: what cannot be written now is kept and written later. */
  predicted(records: readonly NewPrediction[]): void;
  /** Durable when it resolves: the caller was told that its outcome is kept. */
  happened(records: readonly OutcomeRecord[]): Promise<void>;
  /** Of the newest 30 days. */
  find(predictionId: string): Promise<PredictionRecord | undefined>;
  /** Records that wait to be written. */
  readonly waiting: number;
  /** There is no room for another record, neither where they belong nor where they wait: what is answered then is counted as lost. */
  readonly isFull?: boolean;
}

export interface ServingContext {
  version: string;
  clock: { now(): number };
  ids: { prediction(): string };
  keys: KeyStore;
  usage: Usage;
  idempotency: IdempotencyStore;
  models: Models;
  /** undefined while no canary of the predictor runs. */
  canary?(predictor: string): CanaryTraffic | undefined;
  features: FeatureReader;
  log: PredictionLog;
  experiments: readonly (Experiment & { subject: string })[];
  recommender?: Recommender;
  prices?: Prices;
  shipping?: Shipping;
  /** The predictor of `/invocations`. */
  defaultPredictor: string | undefined;
  limits: ServingLimits;
}

/** What is replaced while the API runs, whenever the home or the account has something newer. */
export type CurrentParts = Pick<ServingContext, 'experiments' | 'prices' | 'recommender' | 'shipping'>;

/** A context whose experiments, prices, recommender and shipping are those of this moment. */
export function contextOver(current: CurrentParts, rest: Omit<ServingContext, keyof CurrentParts>): ServingContext {
  return {
    ...rest,
    get experiments() {
      return current.experiments;
    },
    get prices() {
      return current.prices;
    },
    get recommender() {
      return current.recommender;
    },
    get shipping() {
      return current.shipping;
    },
  };
}

export interface ServingLimits {
  /** Bytes of a body; default 1 MiB. */
  bodyBytes: number;
  /** Rows of one request. */
  rows: number;
  /** After so long the features count as unreachable. */
  featureMilliseconds: number;
  /** After so long a request is given up with 504. */
  requestMilliseconds: number;
}

export const DEFAULT_LIMITS: ServingLimits = Object.freeze({ bodyBytes: 2 ** 20, rows: 1_000, featureMilliseconds: 50, requestMilliseconds: 5_000 });
