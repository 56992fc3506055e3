// Sample data: a shop that never was, with the causes behind its figures and the defects that a pipeline must find.
export { generateSample, type SampleOptions } from './generate.ts';
export { PROFILES, type Profile, type SourceTruth, type Truth } from './truth.ts';
export type { FileTruth, PlantedRows, Progress } from './core/landing.ts';
