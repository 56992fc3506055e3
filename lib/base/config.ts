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
}

export interface ProjectConfig {
  app: string;
  shop: { timeZone: string; currency: string };
  stages: Readonly<Record<string, StageSettings>>;
}

export function defineConfig(config: ProjectConfig): ProjectConfig {
  return Object.freeze(config);
}
