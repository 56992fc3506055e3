// The engine of one machine.
export { DuckDbEngine, type DuckDbEngineOptions } from './engine.ts';
