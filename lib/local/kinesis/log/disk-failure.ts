// What a full or broken disk becomes for a producer: a failure that every SDK tries again, never a success.
import { messageOf } from '../../../base/index.ts';
import { KinesisError } from '../errors.ts';

export function diskFailure(thrown: unknown): KinesisError {
  if (thrown instanceof KinesisError) return thrown;
  const { code } = thrown as NodeJS.ErrnoException;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return new KinesisError(
    'InternalFailure',
    isFull
      ? 'The disk is full; nothing of the call was stored. Make room, then try again.'
      : `The disk failed; nothing of the call was stored: ${messageOf(thrown)}`,
    thrown,
  );
}
