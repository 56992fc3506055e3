// The firewall before an API: rules that AWS keeps, and a limit of requests by address.
import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { Stage } from '../stage.ts';

export interface FirewallProps { stage: Stage; resourceArn: string; requestsPerAddress: number }

/** `allowed`: rules of the group that only count. Bodies of many rows are larger than the 8 KB that the common rules take for suspicious. */
const MANAGED: readonly { name: string; allowed?: readonly string[] }[] = [
  { name: 'AWSManagedRulesAmazonIpReputationList' },
  { name: 'AWSManagedRulesCommonRuleSet', allowed: ['SizeRestrictions_BODY', 'NoUserAgent_HEADER'] },
  { name: 'AWSManagedRulesKnownBadInputsRuleSet' },
];

export class Firewall extends Construct {
  constructor(scope: Construct, id: string, { stage, resourceArn, requestsPerAddress }: FirewallProps) {
    super(scope, id);
    const visibilityConfig = (name: string) => ({ cloudWatchMetricsEnabled: true, metricName: stage.resource(name), sampledRequestsEnabled: false });
    const acl = new CfnWebACL(this, 'Acl', {
      name: stage.resource('api'), scope: 'REGIONAL', defaultAction: { allow: {} }, visibilityConfig: visibilityConfig('firewall'),
      rules: [
        { name: 'rate', priority: 0, action: { block: {} }, statement: { rateBasedStatement: { limit: requestsPerAddress, aggregateKeyType: 'IP' } }, visibilityConfig: visibilityConfig('firewall-rate') },
        ...MANAGED.map(({ name, allowed = [] }, index) => ({
          name, priority: index + 1, overrideAction: { none: {} }, visibilityConfig: visibilityConfig(`firewall-${name.replace('AWSManagedRules', '')}`),
          statement: { managedRuleGroupStatement: { vendorName: 'AWS', name, ...(allowed.length === 0 ? {} : { ruleActionOverrides: allowed.map((rule) => ({ name: rule, actionToUse: { count: {} } })) }) } },
        })),
      ],
    });
    new CfnWebACLAssociation(this, 'Association', { resourceArn, webAclArn: acl.attrArn });
  }
}
