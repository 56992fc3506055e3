// Learning in an account: the registry in a bucket, and what is exchanged with training jobs.
export { s3ModelStore, type S3ModelStoreOptions } from './s3-model-store.ts';
export { openAccountModels, openAccountRegistry, registryIn, type AccountModels, type AccountRegistryOptions } from './account-registry.ts';
export { fileOf, jobModel } from './job-model.ts';
export { jobFiles } from './job-rows.ts';
export { jobHyperparameters } from './job-settings.ts';
