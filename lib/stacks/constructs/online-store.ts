// A table of the shape that the online store's adapter uses: on demand, old items taken away by its time to live, any second of the last weeks restorable.
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { FoundationStack } from '../foundation-stack.ts';

/** Names of the attributes that the store's adapter uses. */
export interface OnlineKeys { partition: string; sort?: string; timeToLive: string }

export class OnlineStore extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, { foundation, keys, name = 'online' }: { foundation: FoundationStack; keys: OnlineKeys; name?: string }) {
    super(scope, id);
    const { stage, key } = foundation;
    this.table = new Table(this, 'Table', {
      tableName: stage.resource(name),
      partitionKey: { name: keys.partition, type: AttributeType.STRING },
      ...(keys.sort === undefined ? {} : { sortKey: { name: keys.sort, type: AttributeType.STRING } }),
      timeToLiveAttribute: keys.timeToLive,
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: stage.removal !== RemovalPolicy.DESTROY,
      removalPolicy: stage.removal,
    });
  }
}
