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
  upkeep?: UpkeepSettings;
}

/** What the nightly upkeep of the lake keeps. */
export interface UpkeepSettings {
  /** Snapshots younger than this stay; default 168 (a week). */
  keepSnapshotsHours?: number;
  /** So many of the newest snapshots of a table stay whatever their age; default 10. */
  keepAtLeast?: number;
  /** Files that nothing refers to go when they are older, at least 1; default 72. */
  orphansAfterHours?: number;
}

export interface ProjectConfig {
  app: string;
  shop: { timeZone: string; currency: string };
  stages: Readonly<Record<string, StageSettings>>;
}

export function defineConfig(config: ProjectConfig): ProjectConfig {
  return Object.freeze(config);
}
