// Alarms of a stage: named alike, each ends in the topic of the data team.
import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';

export const FIVE_MINUTES = Duration.minutes(5);

export interface AlarmSpec {
  /** `BatchFailed` gives `millrace-dev-batch-failed`. */
  name: string;
  description: string;
  metric: IMetric;
  /** Above it the alarm goes off. */
  threshold: number;
  /** So many periods in a row; default 1. */
  periods?: number;
}

/** A contract's name as alarms begin with: `sales_feed` gives `SalesFeed`. */
export function titleOf(contract: string): string {
  return contract.split(/[-_]/).map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`).join('');
}

/** No data is no alarm: nothing ran. */
export function addAlarm(scope: Construct, stage: Stage, topic: ITopic, { name, description, metric, threshold, periods = 1 }: AlarmSpec): Alarm {
  const alarm = new Alarm(scope, `Alarm${name}`, {
    alarmName: stage.resource(name.replaceAll(/([a-z])([A-Z])/g, '$1-$2').toLowerCase()),
    alarmDescription: description,
    metric, threshold,
    evaluationPeriods: periods,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(new SnsAction(topic));
  return alarm;
}
