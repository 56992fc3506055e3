// Learning in an account: the registry in a bucket.
export { s3ModelStore, type S3ModelStoreOptions } from './s3-model-store.ts';
export { openAccountRegistry, type AccountRegistryOptions } from './account-registry.ts';
