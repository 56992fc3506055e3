// What every domain shares: errors a person can act on, time, ids.
export { EXIT_CODES, MillraceError, messageOf, type ErrorCode, type ErrorDetails } from './errors.ts';
export { systemClock, uuidv7, type Clock } from './clock.ts';
export { defineConfig, type ProjectConfig, type BigFileSettings, type StageSettings } from './config.ts';
