// The service's errors: name, HTTP status and words as AWS gives them.
import { MillraceError, type ErrorCode } from '../../base/index.ts';

export type KinesisErrorType =
  | 'AccessDeniedException'
  | 'ExpiredIteratorException'
  | 'ExpiredNextTokenException'
  | 'InternalFailure'
  | 'InvalidArgumentException'
  | 'LimitExceededException'
  | 'ProvisionedThroughputExceededException'
  | 'ResourceInUseException'
  | 'ResourceNotFoundException'
  | 'SerializationException'
  | 'UnknownOperationException'
  | 'UnsupportedOperationException'
  | 'ValidationException';

const CODES: Readonly<Partial<Record<KinesisErrorType, ErrorCode>>> = Object.freeze({
  InternalFailure: 'io',
  ResourceInUseException: 'conflict',
  ResourceNotFoundException: 'not_found',
  UnknownOperationException: 'unsupported',
  UnsupportedOperationException: 'unsupported',
});

/** An answer that is not a success. `type` is what the SDKs show as the error's name. */
export class KinesisError extends MillraceError {
  readonly type: KinesisErrorType;
  /** HTTP status. */
  readonly status: number;

  constructor(type: KinesisErrorType, message: string, cause?: unknown) {
    super(CODES[type] ?? 'bad_input', message, { where: 'Kinesis endpoint', ...(cause === undefined ? {} : { cause }) });
    this.type = type;
    this.status = type === 'InternalFailure' ? 500 : 400;
  }
}

/** The one record of a PutRecord was refused; the refusal is counted with its shard. */
export class RecordRefused extends KinesisError {}

/** Whether it is the service's answer of that name, from the log or from the endpoint. */
export function isKinesisError(thrown: unknown, type: KinesisErrorType): thrown is KinesisError {
  return thrown instanceof KinesisError && thrown.type === type;
}
