// How the stream's state is shown: one line while it runs, tables for `millrace stream status`.
import type { ApiStatus, DeliverStatus, EndpointStatus, FeaturesStatus, RefreshStatus, ServiceState } from '../local/index.ts';
import { number, paint, table, type Terminal } from './terminal.ts';

export interface StreamState { endpoint?: EndpointStatus; deliver?: DeliverStatus; features?: FeaturesStatus; refresh?: RefreshStatus; api?: ApiStatus }

/** Of services by their names. */
export function streamStateOf(services: readonly Pick<ServiceState, 'service' | 'status'>[]): StreamState {
  return Object.fromEntries(services.map(({ service, status }) => [service, status])) as StreamState;
}

/** 850 → `0.85 s`. */
export function latency(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '-';
  return milliseconds < 100 ? `${Math.round(milliseconds)} ms` : milliseconds < 120_000 ? `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 0)} s` : `${Math.round(milliseconds / 60_000)} min`;
}

/** `10.0 events/s · in bronze p50 0.85 s, p99 1.2 s · …`; `before` is the state some time ago. */
export function streamLine(state: StreamState, before: StreamState, milliseconds: number): string {
  const { deliver, features, refresh } = state;
  const taken = (one: StreamState): number => one.deliver?.streams.reduce((sum, { records }) => sum + records, 0) ?? 0;
  const freshness = slowest(deliver?.streams.map((stream) => stream.freshness) ?? []);
  const featureFreshness = slowest(features?.streams.map((stream) => stream.freshness) ?? []);
  const parts = [
    `${((taken(state) - taken(before)) / (milliseconds / 1000)).toFixed(1)} events/s`,
    `in bronze after ${latency(freshness?.p50)}, p99 ${latency(freshness?.p99)}`,
    `accepted ${number(deliver?.counters.accepted ?? 0)}`,
    `quarantined ${number(deliver?.counters.rejected ?? 0)}`,
    `features updated ${number(features?.counters.written ?? 0)}, p99 ${latency(featureFreshness?.p99)}`,
    ...(refresh === undefined || refresh.runs === 0 ? [] : [`models refreshed ${refresh.runs}×`]),
  ];
  const failures = failuresOf(state);
  return [...parts, ...failures.map((failure) => `! ${failure}`)].join(' · ');
}

function slowest(all: readonly ({ p50: number; p99: number } | undefined)[]): { p50: number; p99: number } | undefined {
  const known = all.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : { p50: Math.max(...known.map(({ p50 }) => p50)), p99: Math.max(...known.map(({ p99 }) => p99)) };
}

/** What is going wrong at the moment. */
export function failuresOf({ endpoint, deliver, features, refresh, api }: StreamState): string[] {
  return [
    ...(endpoint?.failure === undefined ? [] : [`endpoint: ${endpoint.failure}`]),
    ...(deliver?.streams ?? []).flatMap(({ stream, lost }) => (lost === 0 ? [] : [`up to ${number(lost)} records of ${stream} were let go by retention before they were delivered`])),
    ...(features?.streams ?? []).flatMap(({ stream, lost }) => (lost === 0 ? [] : [`${number(lost)} records of ${stream} were let go by retention before they were folded`])),
    ...(deliver?.streams ?? []).flatMap(({ stream, failure }) => (failure === undefined ? [] : [`delivery of ${stream}: ${failure}`])),
    ...(deliver?.upkeepFailure === undefined ? [] : [`upkeep of ${deliver.upkeepFailure}`]),
    ...(deliver?.sweepFailure === undefined ? [] : [`sweep of what was put aside: ${deliver.sweepFailure}`]),
    ...(features?.streams ?? []).flatMap(({ stream, failure }) => (failure === undefined ? [] : [`features of ${stream}: ${failure}`])),
    ...(features?.failure === undefined ? [] : [`features: ${features.failure}`]),
    ...(refresh?.failure === undefined ? [] : [`models: ${refresh.failure}`]),
    ...(api?.failure === undefined ? [] : [`api: ${api.failure}`]),
  ];
}

/** Shards with what each consumer has left, then the consumers. */
export function printStreamState(terminal: Terminal, state: StreamState, now: number): void {
  const { endpoint, deliver, features } = state;
  const lagOf = (shards: readonly { shard: string; millisBehindLatest?: number; ended: boolean }[] | undefined, shard: string): string => {
    const found = shards?.find((each) => each.shard === shard);
    return found === undefined ? '-' : found.ended ? 'done' : latency(found.millisBehindLatest);
  };
  const rows = Object.entries(endpoint?.streams ?? {}).flatMap(([stream, { shards, refused }]) => shards.map((shard) => [
    stream, shard.shardId, shard.open ? 'open' : 'closed', number(shard.records), shard.oldestArrival === undefined ? '-' : latency(now - shard.oldestArrival),
    number(refused.shards[shard.shardId]?.throttled ?? 0), number(refused.shards[shard.shardId]?.failed ?? 0),
    lagOf(deliver?.streams.find((each) => each.stream === stream)?.shards, shard.shardId), lagOf(features?.streams.find((each) => each.stream === stream)?.shards, shard.shardId),
  ]));
  if (rows.length > 0) terminal.out(table(terminal, ['stream', 'shard', '', 'records kept', 'oldest', 'throttled', 'failed', 'delivery behind', 'features behind'], rows));
  for (const [stream, { refused: { calls } }] of Object.entries(endpoint?.streams ?? {})) {
    if (calls.throttled + calls.failed > 0) terminal.out(`  ${stream}: producers were told to send whole calls again: ${number(calls.throttled)} throttled, ${number(calls.failed)} failed\n`);
  }
  const consumers = [
    ...(deliver?.streams ?? []).map((one) => ['delivery', one.stream, number(one.records), latency(one.freshness?.p50), latency(one.freshness?.p99), number(one.throttles), number(one.rows['rejected'] ?? 0)]),
    ...(features?.streams ?? []).map((one) => ['features', one.stream, number(one.records), latency(one.freshness?.p50), latency(one.freshness?.p99), number(one.throttles), number(one.givenUp)]),
  ];
  if (consumers.length > 0) terminal.out(`\n${table(terminal, ['consumer', 'stream', 'records', 'fresh p50', 'p99', 'throttles', 'put aside'], consumers)}`);
  for (const failure of failuresOf(state)) terminal.out(`  ${paint(terminal, 'red', '✖')} ${failure}\n`);
}
