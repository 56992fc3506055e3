// A consumer's way to the streams of its own process.
import type { LocalStreams, StreamSource } from './types.ts';

/** Reads wake the moment that a record is durable. Failures are `KinesisError`s. */
export function localStreamSource(streams: LocalStreams): StreamSource {
  return {
    listShards: (stream) => Promise.resolve().then(() => streams.shards(stream)),
    iterator: (stream, shardId, from) => streams.iterator(stream, shardId, from),
    read: (iterator, options) => streams.read(iterator, options),
  };
}
