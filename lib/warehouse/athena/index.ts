// The engine of an AWS account.
export { AthenaEngine, type AthenaEngineOptions } from './engine.ts';
