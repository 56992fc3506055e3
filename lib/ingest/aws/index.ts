// Ingest in an account: the landing bucket as a landing folder. This file is what others may import.
export { discoverBucket, discoverObjects, type Bucket } from './discover.ts';
export { s3File, type S3Object } from './s3-file.ts';
export { KinesisProducer, type Acknowledgement, type KinesisProducerOptions, type ProducedRecord } from './kinesis-producer.ts';
