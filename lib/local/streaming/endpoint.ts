// The endpoint of a home: its streams, made as the contracts declare them, behind the Kinesis API.
import type { Contract } from '../../contracts/index.ts';
import type { Clock } from '../../base/index.ts';
import type { Home } from '../home.ts';
import {
  localStreamSource, openLocalStreams, serveKinesis, type FaultPlan, type KinesisEndpoint, type LocalStreams, type ShardLimits, type ShardStatus, type StreamMode, type StreamRefusals, type StreamSource,
} from '../kinesis/index.ts';
import { announceEndpoint } from '../running.ts';
import type { StreamService } from './service.ts';

/** The port that local streams have had since the first emulator of them. */
export const DEFAULT_PORT = 4567;

export interface EndpointOptions {
  home: Home;
  contracts: Iterable<Contract>;
  clock: Clock;
  /** Default 4567; 0 for any free one. */
  port?: number;
  /** What a shard takes and gives in a second; default no limits. */
  limits?: boolean | Partial<ShardLimits>;
  /** Faults on purpose, from a seed. */
  faults?: FaultPlan;
}

export interface EndpointStatus {
  url: string;
  /** `refused`: what producers were told to send again, since the endpoint began. */
  streams: Record<string, { mode: StreamMode; openShards: number; retentionHours: number; shards: ShardStatus[]; refused: StreamRefusals }>;
  failure?: string;
}

export interface OpenEndpoint extends StreamService<EndpointStatus> {
  readonly streams: LocalStreams;
  /** For consumers in this process. */
  readonly source: StreamSource;
  readonly endpoint: KinesisEndpoint;
  close(): Promise<void>;
}

/**
 * Takes the home's streams for this process and serves them. Close it, or run it as a service, which closes it.
 * @throws MillraceError `conflict` where another process has the streams (it says which) or the port.
 */
export async function openEndpoint({ home, contracts, clock, port = DEFAULT_PORT, limits, faults }: EndpointOptions): Promise<OpenEndpoint> {
  let failure: string | undefined;
  const streams = await openLocalStreams(home.streams, { clock, onSweepError: (error) => (failure = String(error)) });
  const close = async (endpoint: KinesisEndpoint | undefined, leave: () => Promise<void>): Promise<void> => {
    await leave();
    await endpoint?.close();
    await streams.close();
  };
  try {
    for (const { name, stream } of contracts) if (stream !== undefined) await streams.ensureStream(name);
    const endpoint = await serveKinesis(streams, {
      port, clock, onFault: (error) => (failure = String(error)), ...(limits === undefined ? {} : { limits }), ...(faults === undefined ? {} : { faults }),
    });
    const leave = await announceEndpoint(home, { name: 'kinesis', url: endpoint.url, since: clock.now() });
    let closing: Promise<void> | undefined;
    const closeOnce = (): Promise<void> => (closing ??= close(endpoint, leave));
    return {
      name: 'endpoint', streams, endpoint, source: localStreamSource(streams), close: closeOnce,
      status: () => ({
        url: endpoint.url,
        streams: Object.fromEntries(streams.names().map((name) => {
          const { mode, openShards, retentionHours } = streams.describe(name);
          return [name, { mode, openShards, retentionHours, shards: streams.status(name), refused: endpoint.refusals(name) }];
        })),
        ...(failure === undefined ? {} : { failure }),
      }),
      async run(signal) {
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      },
    };
  } catch (thrown) {
    await streams.close();
    throw thrown;
  }
}
