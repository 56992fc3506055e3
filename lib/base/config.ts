// Settings of a project, typed; the values are in millrace.config.ts.

export interface StageSettings {
  /** AWS account number; undefined: that of the credentials at deploy time. */
  account?: string;
  region: string;
  /** Athena refuses a query that would scan more. */
  scanLimitBytes: number;
  /** First half of the double opt-in to deletion with the stack; the second is `-c delete=<stage>`. */
  deletable: boolean;
  /** Where failure alarms are sent. */
  alarmEmail?: string;
  /** Files that are ingested at once; default: as many as the account's concurrency allows. Those of one source wait for each other's commits. */
  ingestAtOnce?: number;
  upkeep?: UpkeepSettings;
  stream?: StreamSettings;
  serving?: ServingSettings;
  learning?: LearningSettings;
  /** Switches on the task that takes files which are too big for the ingest function. */
  bigFiles?: BigFileSettings;
}

/** A Fargate task of the ingest function's own code. It takes files of up to a quarter of its disk, decompressed. */
export interface BigFileSettings {
  /** Default 2048, which is 2 processors. */
  cpuUnits?: 1024 | 2048 | 4096 | 8192;
  /** Default 8192; which sizes go with how many processors is Fargate's. */
  memoryMb?: number;
  /** 21 to 200; default 100. */
  diskGb?: number;
  /** A public image with Node on glibc; default: Docker's own `node:24-bookworm-slim`, from Amazon's public registry. */
  image?: string;
}

/** What the nightly upkeep of the lake keeps. */
export interface UpkeepSettings {
  /** Snapshots younger than this stay; default 168 (a week). */
  keepSnapshotsHours?: number;
  /** The same for tables that streams are delivered into, a commit a minute; default 24. */
  keepStreamSnapshotsHours?: number;
  /** So many of the newest snapshots of a table stay whatever their age; default 10. */
  keepAtLeast?: number;
  /** Files that nothing refers to go when they are older, at least 1; default 72. */
  orphansAfterHours?: number;
  /** What answers were made from can be read so long, for `millrace reproduce`; default 30. Of older than a week one state a day is kept. */
  keepAnswersDays?: number;
}

/** The streams of a stage. */
export interface StreamSettings {
  /** Shards of each stream; default: on demand, as many as the traffic asks for. */
  shards?: number;
  /** How long records stay in a stream, 24 to 8760; default 168 (a week). */
  retentionHours?: number;
  /** Who may put records from another account: account numbers, or ARNs of roles. */
  producers?: readonly string[];
  /** Delivery commits to the lake after so many seconds (0 to 900; default 60) … */
  bufferSeconds?: number;
  /** … or so many MB (1 to 128; default 64), whichever comes first. */
  bufferMb?: number;
  /** Calls of the features function that work on one shard at once, 1 to 10; default 2. Order stays by partition key. */
  featuresPerShard?: number;
  /** Share of rejected records above which an alarm goes off; default 0.05. */
  rejectedShare?: number;
  /** How often the models of the streams run; default 15, 0: only with the nightly batch. */
  refreshMinutes?: number;
  /** ARN of the layer with the AWS Parameters and Secrets extension; default: AWS's own of the region, version 1.0.103. */
  secretsLayer?: string;
}

/** The API of a stage. */
export interface ServingSettings {
  /** Functions that are kept ready, and charged by the hour; default 0: the first request after a pause waits for a start. */
  provisioned?: number;
  /** How a new version of the scoring function comes into use; default: a tenth of the requests for five minutes, then all. */
  deployment?: 'canary10Percent5Minutes' | 'canary10Percent15Minutes' | 'linear10PercentEvery1Minute' | 'allAtOnce';
  /** How long API Gateway keeps what the authorizer said, and so how long a revoked key may still be let in; 0 to 3600, default 60. */
  authorizerCacheSeconds?: number;
  /** Plans that keys are made under; default: `standard`, 50 requests a second. */
  plans?: Readonly<Record<string, UsagePlanSettings>>;
  /** All callers together; default 500 requests a second, bursts of 1,000. */
  requestsPerSecond?: number;
  burst?: number;
  /** A firewall of managed rules and a rate by address; default on. */
  firewall?: boolean;
  /** Requests of one address within five minutes, 100 at least; default 100,000: it is a shop's back end that calls. */
  requestsPerAddress?: number;
  /** Alarms, which also roll a new version back: p99 in milliseconds (default 1,000), share of fall-back answers (default 0.2). */
  slowMilliseconds?: number;
  fallbackShare?: number;
  /** The hour at which a list of prices is made every day, in the shop's zone, 0 to 23; false: only when the function is called. Default 5, after the batch. */
  priceListHour?: number | false;
  /** Under a name of your own, with its certificate of the same region. */
  domain?: { name: string; certificateArn: string };
  /** API Gateway has one role for its logs in an account and region; false where something else has set it. Default true. */
  logsRole?: boolean;
}

/** When models are trained in a stage, and what its people are told of. */
export interface LearningSettings {
  /** Days of the week on which all predictors are trained, as a cron has them: `SUN` (the default), `MON-FRI`, `*`. */
  weekDay?: string;
  /** Alarms: the greatest PSI of an input (default 0.25), the share of inputs that differ from the lake (0.01), the calibration error of a new version (0.1). */
  driftPsi?: number;
  skewShare?: number;
  calibrationError?: number;
  /** Whether training sets are looked through for features that see their future, before anything is trained; default true. */
  lookForLeaks?: boolean;
  /** The MLflow server that is told of versions and of who answers; default: none. */
  mlflow?: MlflowServerSettings;
  /** Switches on training jobs of SageMaker for gradient boosting over very many rows. */
  sageMaker?: SageMakerSettings;
}

/** A server that functions of the stage reach over the internet: they are in no network of yours. */
export interface MlflowServerSettings {
  /** `https://mlflow.shop.example` */
  uri: string;
  /** Default `millrace`. */
  experiment?: string;
  /** ARN of a secret of Secrets Manager in the stage's region, JSON of `token`, or of `username` and `password`; default: the server lets everybody in. */
  secret?: string;
}

/** Where boosted trees over more rows than these are trained. Everything else is trained in the function. */
export interface SageMakerSettings {
  /** Rows that trees are trained on, after negatives are thinned. */
  aboveRows: number;
  /** `ml.m5.4xlarge` */
  instanceType: string;
  /** Of SageMaker's own XGBoost container, 3.0 or later, in the stage's region: `<account>.dkr.ecr.<region>.amazonaws.com/sagemaker-xgboost:<tag>`. */
  image: string;
  /** After which a job is stopped, and charged no more: 60 to 18,000. */
  maxSeconds: number;
  /** Disk of the instance; default 50. */
  diskGb?: number;
}

export interface UsagePlanSettings { ratePerSecond: number; burst?: number; dailyQuota?: number }

/** How prices are made; what is left out has the defaults that docs/prices.md lists. */
export interface PricingConfig {
  /** Which policy answers unless an experiment says otherwise: rule, model, bandit or list. */
  policy?: string;
  /** Least margin, in percent of the price. */
  marginFloorPercent?: number;
  /** Most that a price may move in a day, in percent. */
  dailyChangePercent?: number;
  /** Hundredths that a price may end with; empty: any. */
  endings?: readonly number[];
  /** Products whose price nobody changes, by product id, and why. */
  blocked?: Readonly<Record<string, string>>;
  /** A computed price list holds for so many days. */
  listDays?: number;
  rule?: { targetMarginPercent?: number; undercutPercent?: number; anchorDiscountPercent?: number };
  model?: { reachPercent?: number; leastGainPercent?: number };
  bandit?: {
    /** Prices that are tried, relative to the usual one. */
    arms?: readonly number[];
    /** What views and purchases at prices of the past count beside what was tried, 0 to 1. */
    historyWeight?: number;
  };
}

/** A carrier that is asked over HTTP. */
export interface CarrierConfig {
  url: string;
  timeoutMilliseconds?: number;
  retries?: number;
  /** After so many failures in a row it is left alone … */
  failuresToOpen?: number;
  /** … for so long. */
  openMilliseconds?: number;
  /** Environment variable that holds the value of its `authorization` header. */
  authorizationFrom?: string;
}

/** How shipping is quoted; what is left out has the defaults that docs/shipping.md lists. */
export interface ShippingConfig {
  /** Order value from which the cheapest service is free; undefined: never. */
  freeFrom?: number;
  /** Share of parcels that arrive by the promised day. */
  confidence?: number;
  /** Days added where too little is known of a route. */
  graceDays?: number;
  /** Cubic centimetres that count as a kilogram. */
  cubicCmPerKg?: number;
  /** A parcel's weight counts as the next multiple of this, in kilograms; default: as it is. */
  roundUpToKg?: number;
  /** A carrier that has not answered by then counts as failed, in milliseconds. */
  patienceMilliseconds?: number;
  /** Carriers over HTTP, by name; one that also has a rate card falls back to it. */
  carriers?: Readonly<Record<string, CarrierConfig>>;
}

export interface ProjectConfig {
  app: string;
  shop: { timeZone: string; currency: string };
  pricing?: PricingConfig;
  shipping?: ShippingConfig;
  stages: Readonly<Record<string, StageSettings>>;
}

export function defineConfig(config: ProjectConfig): ProjectConfig {
  return Object.freeze(config);
}
