// An event with everything that is computed of it once: what it is known by, and the items that it goes into.
import { contentKey, entityOf, eventKey, marksKey, spreadOf, stateKey } from '../keys.ts';
import type { FeatureSet } from '../load.ts';
import { laneOf, positionText, type EventPlace } from '../position.ts';
import type { CompiledSource, EventRow } from '../source.ts';
import type { CompiledView } from '../view.ts';

/** An accepted event with its place. */
export interface FeatureEvent {
  source: CompiledSource;
  row: EventRow;
  /** When the stream took it, microseconds since 1970. */
  arrivedAt: number;
  place: EventPlace;
  /** The record's; undefined for a row of a file. */
  partitionKey: string | undefined;
}

/** The item of a view that an event goes into. */
export interface Target { view: CompiledView; key: string; /** The state of the event's own partition key, all of whose events come through one shard in order. */ isOwn: boolean }

export interface Prepared {
  event: FeatureEvent;
  lane: string;
  position: string;
  /** As of when it counts, microseconds. */
  now: number;
  key: string;
  content: string | undefined;
  marks: string | undefined;
  targets: Target[];
}

/** `asIfOnTime`: it counts as if it had arrived when it happened. */
export function prepare(features: FeatureSet, event: FeatureEvent, asIfOnTime: boolean): Prepared {
  const { source, row, place, arrivedAt } = event;
  const lane = laneOf(place);
  const position = positionText(place);
  const content = source.sameContentWithin === undefined ? undefined : source.content(row);
  return {
    event, lane, position,
    now: asIfOnTime ? Math.min(row.time + 1, arrivedAt) : arrivedAt,
    key: eventKey(source.name, source.id(row, content) ?? `${lane}/${position}`),
    content: content === undefined ? undefined : contentKey(source.name, row.time, content),
    marks: place.stream === undefined ? undefined : marksKey(source.name, place.stream),
    targets: targetsOf(features, source, row, lane, event.partitionKey),
  };
}

export function targetsOf(features: FeatureSet, source: CompiledSource, row: EventRow, lane: string, partitionKey: string | undefined): Target[] {
  const targets: Target[] = [];
  for (const view of features.viewsOf(source.name)) {
    const entity = entityOf(view, row);
    // A record that was not sent with the entity as its partition key says nothing about the order of the others.
    if (entity !== undefined) targets.push({ view, key: stateKey(view.name, entity, spreadOf(view, lane)), isOwn: view.isPartitionKey && entity === partitionKey });
  }
  return targets;
}

/** Cuts the events where a write would get too large. Events that replace others touch more; there is room for some of them. */
export function chunksOf(events: readonly Prepared[], most: number): Prepared[][] {
  if (events.length === 0) return [];
  if (!Number.isFinite(most)) return [[...events]];
  const chunks: Prepared[][] = [[]];
  let keys = new Set<string>();
  for (const event of events) {
    const own = [event.key, ...(event.content === undefined ? [] : [event.content]), ...event.targets.map(({ key }) => key)];
    if (keys.size > 0 && keys.size + own.length > most - 10) {
      chunks.push([]);
      keys = new Set();
    }
    for (const key of own) keys.add(key);
    chunks.at(-1)!.push(event);
  }
  return chunks;
}
