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

export interface ProjectConfig {
  app: string;
  shop: { timeZone: string; currency: string };
  stages: Readonly<Record<string, StageSettings>>;
}

export function defineConfig(config: ProjectConfig): ProjectConfig {
  return Object.freeze(config);
}
