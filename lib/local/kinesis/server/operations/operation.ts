// What an operation is: the fields it takes, and what it does with them.
import type { Clock } from '../../../../base/index.ts';
import { KinesisError } from '../../errors.ts';
import { nameFromArn } from '../../names.ts';
import type { LocalStreams } from '../../types.ts';
import type { Faults } from '../faults.ts';
import type { Input, Rules } from '../fields.ts';
import type { Limiter } from '../limits.ts';
import type { Codec } from '../protocol.ts';
import type { RefusalCounts } from '../refusals.ts';

export interface Service {
  streams: LocalStreams;
  clock: Clock;
  refusals: RefusalCounts;
  limiter?: Limiter;
  faults?: Faults;
}

export interface Call {
  input: Input;
  codec: Codec;
  /** How long a read may wait for new records. */
  waitMilliseconds: number;
  /** Aborts when the caller is gone. */
  signal: AbortSignal;
}

export interface Operation {
  fields: Rules;
  /** A quicker way to read its JSON; undefined where it does not know how to. */
  parseJson?: (body: Buffer) => object | undefined;
  /** The answer's body; undefined for an empty one. */
  run(service: Service, call: Call): Promise<object | undefined> | object | undefined;
}

/** The stream that a call names by StreamName or StreamARN. @throws KinesisError `InvalidArgumentException` */
export function streamOf({ StreamName: name, StreamARN: arn }: Input): string {
  if (typeof arn !== 'string') {
    if (typeof name !== 'string') throw new KinesisError('InvalidArgumentException', 'Either StreamName or StreamARN must be provided.');
    return name;
  }
  const named = nameFromArn(arn);
  if (named === undefined) throw new KinesisError('InvalidArgumentException', `${arn} is not the ARN of a stream.`);
  if (typeof name === 'string' && name !== named)
    throw new KinesisError('InvalidArgumentException', `StreamName ${name} and StreamARN ${arn} do not name the same stream.`);
  return named;
}
