// Ingest: files of a source into bronze and the quarantine. This file is what others may import.
export type { FileReport, FileStatus, IngestContext, IngestReport, Progress, Reader } from './types.ts';
export { ingestFiles, type IngestOptions } from './ingest.ts';
export { watchLanding, type WatchOptions } from './watch.ts';
export { discoverLanding, discoverPaths, type Discovered, type DiscoverOptions } from './landing/discover.ts';
export type { LandingFile } from './landing/landing-file.ts';
export { keysFromSecret, openKeyFolder, type PrivacyKey, type PrivacyKeys } from './privacy/keys.ts';
export { pseudonym } from './privacy/pseudonym.ts';
export { listQuarantine, showQuarantine, type QuarantinedRow, type QuarantineFilter, type QuarantineGroup, type ShowOptions } from './quarantine/list.ts';
export { replayQuarantine, type ReplayOptions } from './quarantine/replay.ts';
export type { Outcome, ReplayReport, SourceReplay } from './quarantine/replay-report.ts';
export { supersede } from './quarantine/supersede.ts';
export { FILES_COLUMNS, REJECTED_COLUMNS } from './tables/definitions.ts';
export { ensureSourceTables } from './tables/ensure.ts';
export { forgetInTable, forgetRows, type ForgetOptions, type ForgottenRows } from './forget/forget.ts';
export { valuesOf, type Identifier, type PersonValues } from './forget/person.ts';
export { sweepFailures, type SweepOptions, type SweepReport } from './sweep/sweep.ts';
export { sweepFolder } from './sweep/sweep-folder.ts';
export type { FailedObject } from './sweep/read-failures.ts';
