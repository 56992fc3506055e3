// A bucket nobody outside sees: encrypted with our key, TLS only, versioned, its accesses logged. Never with a lifecycle rule that
// expires or archives objects of an Iceberg table: one expired metadata file makes a table unreadable.
import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership, type CfnBucket, type IBucket, type LifecycleRule } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { BucketName, Stage } from '../stage.ts';

export interface PrivateBucketProps {
  stage: Stage;
  name: BucketName;
  /** Left out only for the bucket of access logs, which S3 itself can write with its own keys alone. */
  key?: IKey;
  accessLogs?: IBucket;
  versioned?: boolean;
  lifecycleRules?: LifecycleRule[];
  eventBridge?: boolean;
}

export class PrivateBucket extends Bucket {
  constructor(scope: Construct, id: string, { stage, name, key, accessLogs, versioned, lifecycleRules, eventBridge }: PrivateBucketProps) {
    super(scope, id, {
      bucketName: stage.bucket(name),
      encryption: key === undefined ? BucketEncryption.S3_MANAGED : BucketEncryption.KMS,
      ...(key === undefined ? {} : { encryptionKey: key, bucketKeyEnabled: true }),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: versioned ?? false,
      ...(accessLogs === undefined ? {} : { serverAccessLogsBucket: accessLogs, serverAccessLogsPrefix: `${name}/` }),
      ...(lifecycleRules === undefined ? {} : { lifecycleRules }),
      removalPolicy: stage.removal,
      autoDeleteObjects: stage.removal === RemovalPolicy.DESTROY,
    });
    // The L1 property: CDK's own eventBridgeEnabled brings a function of its own to set it.
    if (eventBridge) (this.node.defaultChild as CfnBucket).notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
  }
}

