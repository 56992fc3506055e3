// The home's streams as a consumer in another process sees them: through the endpoint, wherever it is at the moment.
import { MillraceError } from '../../base/index.ts';
import type { Home } from '../home.ts';
import { isKinesisError, openKinesisClient, type KinesisClient, type StreamSource } from '../kinesis/index.ts';
import { runningEndpoints } from '../running.ts';

export interface RemoteSource extends StreamSource {
  close(): void;
}

/** Finds the endpoint anew after it could not be reached. `url` names one for good. */
export function remoteSource(home: Home, url?: string): RemoteSource {
  let client: KinesisClient | undefined;
  const reached = async <Result>(work: (open: KinesisClient) => Promise<Result>): Promise<Result> => {
    client ??= openKinesisClient({ endpoint: url ?? await endpointOf(home) });
    try {
      return await work(client);
    } catch (thrown) {
      if (isKinesisError(thrown, 'InternalFailure')) {
        client?.close();
        client = undefined;
      }
      throw thrown;
    }
  };
  return {
    listShards: (stream) => reached((open) => open.listShards(stream)),
    iterator: (stream, shardId, from) => reached((open) => open.iterator(stream, shardId, from)),
    read: (iterator, options) => reached((open) => open.read(iterator, options)),
    close: () => client?.close(),
  };
}

/** @throws MillraceError `not_found` where no endpoint of the home is up. */
export async function endpointOf(home: Home): Promise<string> {
  const found = (await runningEndpoints(home)).find(({ name }) => name === 'kinesis');
  if (found !== undefined) return found.url;
  throw new MillraceError('not_found', 'the endpoint of this home is not up', { where: home.root, todo: 'Run `millrace start`, or `millrace stream endpoint`.' });
}
