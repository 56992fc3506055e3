// The lake's AWS adapters, apart from the rest so that a home on one machine does not load the AWS clients.
export { GlueCatalog, type GlueCatalogOptions } from './glue-catalog.ts';
export { S3Files } from './s3-files.ts';
