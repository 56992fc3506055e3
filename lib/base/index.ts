// What every domain shares: errors a person can act on, time, ids, locks, files that are replaced whole, settings, the normal distribution.
export { EXIT_CODES, MillraceError, messageOf, type ErrorCode, type ErrorDetails } from './errors.ts';
export { dayIn, daysOf } from './business-day.ts';
export { textHash } from './text-hash.ts';
export { systemClock, uuidv7, type Clock } from './clock.ts';
export { isProcessAlive, processBornAt, takeProcessLock, type ProcessLock } from './process-lock.ts';
export { replaceFile, syncFolder, writeDurably } from './durable-file.ts';
export { parsePythonJson } from './python-json.ts';
export { logGamma, normalQuantile } from './normal.ts';
export { checkKeys, numberSettings, type NumberSetting } from './check-settings.ts';
export { defineConfig, type ProjectConfig, type BigFileSettings, type LearningSettings, type MlflowServerSettings, type CarrierConfig, type PricingConfig, type ShippingConfig, type ServingSettings, type StageSettings, type UsagePlanSettings } from './config.ts';
