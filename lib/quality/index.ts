// Quality: the tables of the operation, the ledger that proves the counts.
export { ensureOpsTables, OpsLog, rowsAsSelect, type OpsLogOptions, type OpsRow, type Upload } from './ops-log.ts';
export { OPS_AUDITS, OPS_FORGOTTEN, OPS_LEDGER, OPS_RUNS } from './ops-tables.ts';
export { proveFiles, proveGold, proveSilver, type LedgerEntry, type LedgerScope } from './ledger.ts';
export { maintainLake, type MaintainOptions, type TableUpkeep, type UpkeepReport, type UpkeepStep } from './maintain.ts';
export { relocateLake, type RelocatedTable, type RelocateOptions } from './relocate.ts';
export { latestRunWithLedger, nextRunNumber } from './run-order.ts';
export { examine, type DoctorOptions, type Finding } from './doctor.ts';
export { measureDrift, type DriftRow, type DriftStatus, type ServedRow } from './drift.ts';
export { isSameInput, measureSkew, type ServedInput, type SkewRow, type SkewStatus } from './skew.ts';
export { MODEL_DRIFT, TRAIN_SERVE_SKEW } from './model-tables.ts';
