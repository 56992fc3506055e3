// Where AWS's solution rules ask for something that we do otherwise, the place that does so says why. Anything that is not
// acknowledged fails the synthesis.
import { Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { flattenCfnReference } from 'cdk-nag/lib/utils/flatten-cfn-reference.js';
import type { IConstruct } from 'constructs';

/** Acknowledges one finding of the rules on a construct and what is below it. */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
}

/** Acknowledges one wildcard in a role's policy. */
export function acknowledgeWildcard(construct: IConstruct, resource: string, reason: string): void {
  acknowledge(construct, `IAM5[Resource::${flattenCfnReference(Stack.of(construct).resolve(resource) as string)}]`, reason);
}

/** A statement of a role; every wildcard among its resources is acknowledged with the reason that is given for it. */
export function allow(role: Role, actions: string[], resources: string[], reasonForWildcard?: string): void {
  role.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions, resources }));
  for (const resource of resources.filter((one) => one.includes('*'))) {
    if (reasonForWildcard === undefined) throw new Error(`${resource}: a wildcard needs its reason`);
    acknowledgeWildcard(role, resource, reasonForWildcard);
  }
}
