// One look at the API: requests, errors, latency, fall-backs, and what becomes of the log.
import { Dashboard, GraphWidget, type IMetric, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Stage } from '../stage.ts';
import { FIVE_MINUTES } from './alarms.ts';
import type { HttpApi } from './http-api.ts';
import type { Scoring } from './scoring.ts';

export interface ServingDashboardProps {
  stage: Stage;
  http: HttpApi;
  scoring: Scoring;
  /** What the scoring function counts. */
  counted: (metricName: string) => Metric;
}

export class ServingDashboard extends Construct {
  constructor(scope: Construct, id: string, { stage, http: { api }, scoring: { alias }, counted }: ServingDashboardProps) {
    super(scope, id);
    const period = FIVE_MINUTES;
    const graph = (title: string, left: IMetric[], right: IMetric[] = []) => new GraphWidget({ title, left, right, width: 12 });
    new Dashboard(this, 'Dashboard', {
      dashboardName: stage.resource('serving'),
      widgets: [
        [graph('Requests', [api.metricCount({ period })], [api.metricClientError({ period }), api.metricServerError({ period })]), graph('Latency (ms)', ['p50', 'p95', 'p99'].map((statistic) => api.metricLatency({ period, statistic })))],
        [graph('Answers, and those that are fall-backs', [counted('Answers'), counted('Fallbacks')]), graph('Scoring function', [alias.metricInvocations({ period })], [alias.metricErrors({ period }), alias.metricThrottles({ period })])],
        [graph('Log of predictions', ['PredictionsLogged', 'PredictionsSetAside', 'PredictionsWaiting', 'PredictionsLost', 'PredictionsUnfindable'].map(counted)), graph('Parts that could not be looked at', [counted('ServingStale')])],
        [graph('Canaries of models', ['CanariesRunning', 'CanariesRolledBack', 'CanariesCompleted'].map(counted))],
      ],
    });
  }
}
