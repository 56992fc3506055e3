// The batch: the tasks that its workflow names, the same in both homes.
export type { BatchContext, FileBatch, FileIngest, LandedCounts } from './context.ts';
export { Journal } from './journal.ts';
export { BATCH_TASKS, type BatchTask } from './tasks.ts';
export { businessDates, latestBusinessDate } from './as-of.ts';
export type { IngestPayload } from './tasks/ingest.ts';
export type { BatchOptions, BatchPlan } from './tasks/plan.ts';
export type { AuditCounts } from './tasks/audit.ts';
export type { PrepareResult } from './tasks/prepare.ts';
export { projectFromJson, type ProjectFile } from './project-json.ts';
export { applyTables, type AppliedTables } from './apply.ts';
export { runContext } from './run-context.ts';
export { SYSTEM_TABLES } from './system-tables.ts';
