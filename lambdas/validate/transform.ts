// What the function does, with everything it needs given to it.
import type { FirehoseTransformationEvent } from 'aws-lambda';
import { MillraceError, type Clock } from '../../lib/base/index.ts';
import { openEventChecker, transformFirehose, type EventChecker, type EventPlan, type PrivacyKey, type RoutedRecord } from '../../lib/ingest/events/index.ts';
import { embeddedMetrics } from './metrics.ts';

export interface ValidateSettings {
  /** `millrace-dev` */
  stage: string;
  /** What the names of streams begin with: `millrace-dev-`. */
  streamPrefix: string;
  /** The physical name of the namespace `bronze`. */
  bronzeDatabase: string;
}

export interface ValidateOptions {
  settings: ValidateSettings;
  plans: readonly EventPlan[];
  /** Asked for in every call; keeps what it found. */
  key: () => Promise<PrivacyKey>;
  clock: Clock;
  /** Takes a line of the log. */
  log: (line: string) => void;
}

/**
 * A handler of Firehose's transformations. It fails as a whole only where nothing can be done: no key, or a stream that is none of ours; Firehose
 * then calls again, and at last puts the records into its error output.
 */
export function validateHandler({ settings, plans, key, clock, log }: ValidateOptions): (event: FirehoseTransformationEvent) => Promise<{ records: RoutedRecord[] }> {
  const needsKey = plans.some(({ personal }) => Object.keys(personal).length > 0);
  const checkers = new Map<string, EventChecker>();
  const checkerOf = (stream: string, current: PrivacyKey | undefined): EventChecker => {
    const name = `${stream} ${current?.id ?? ''}`;
    let checker = checkers.get(name);
    if (checker === undefined) {
      checker = openEventChecker({ plans, defaultType: stream, ...(current === undefined ? {} : { key: current }) });
      checkers.set(name, checker);
    }
    return checker;
  };
  return async (event) => {
    const current = needsKey ? await key() : undefined;
    const stream = streamOf(event, settings.streamPrefix);
    const now = clock.now();
    const { records, counters, overflowed } = transformFirehose(event, {
      checker: checkerOf(stream, current), stream, database: settings.bronzeDatabase, now, ...(current === undefined ? {} : { key: current }),
    });
    log(embeddedMetrics(counters, overflowed, { stage: settings.stage, stream }, now));
    return { records };
  };
}

/** The contract's name, out of the ARN of the stream that Firehose reads, or of the delivery stream, which is called the same. */
function streamOf({ sourceKinesisStreamArn, deliveryStreamArn }: FirehoseTransformationEvent, prefix: string): string {
  const arn = sourceKinesisStreamArn ?? deliveryStreamArn;
  const name = arn.slice(arn.indexOf('/') + 1);
  if (!name.startsWith(prefix)) throw new MillraceError('bad_input', `the stream ${name} is none of ours: they begin with ${prefix}`, { where: arn });
  return name.slice(prefix.length);
}
