// Functions that carry neither DuckDB nor the project, and are small, so that a cold start is short.

/** Those that every event passes. */
export const EVENT_FUNCTIONS: readonly string[] = Object.freeze(['validate', 'features']);

/** Those that stand behind the API. */
export const API_FUNCTIONS: readonly string[] = Object.freeze(['score', 'authorize', 'relog']);
