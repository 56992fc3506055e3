// What one event does to what was read: it counts, takes the place of another of its id, is one of two, or was here before.
import type { FeatureSet } from '../load.ts';
import { comparePositions, compareSequences } from '../position.ts';
import type { EventRow } from '../source.ts';
import { advance, foldEvent, setWatermark, watermarkOf } from '../state.ts';
import { targetsOf, type Prepared, type Target } from './prepare.ts';
import { DAY, seconds, type Known, type WorkingSet } from './working-set.ts';

export type Outcome = 'folded' | 'duplicates' | 'again';

/** Folds the event; or gives the event whose place it takes, and the items of which have to be read first. */
export function fold(features: FeatureSet, set: WorkingSet, prepared: Prepared, onReplaced: () => void): Outcome | { instead: Known; targets: Target[] } {
  if (wasFolded(set, prepared)) return 'again';
  const { known } = set.events.get(prepared.key)!;
  if (known === undefined) return countEvent(set, prepared);
  if (known.lane === prepared.lane && known.position === prepared.position) return 'again';
  if (!takesPlaceOf(prepared, known)) {
    noteWatermark(set, prepared);
    return 'duplicates';
  }
  if (!known.counted) return countEvent(set, prepared);
  const targets = targetsOf(features, prepared.event.source, known.row, known.lane, undefined);
  if (!targets.every(({ key }) => set.states.has(key))) return { instead: known, targets };
  onReplaced();
  return countInstead(set, prepared, known, targets);
}

/** Takes the known event back from the items that it went into, and counts this one. */
export function countInstead(set: WorkingSet, prepared: Prepared, known: Known, targets: readonly Target[]): Outcome {
  apply(set, targets, known.row, -1, prepared.now);
  return countEvent(set, prepared);
}

/** Counts the event, unless it says what another said shortly before. */
function countEvent(set: WorkingSet, prepared: Prepared): Outcome {
  const { event: { source, row, arrivedAt }, lane, position, now, key, targets } = prepared;
  const counted = !isSameContent(set, prepared);
  if (counted) apply(set, targets, row, 1, now);
  const entry = set.events.get(key)!;
  entry.known = { arrivedAt, lane, position, counted, row };
  entry.expiresAt = seconds(Math.max(row.time + source.maxAge, arrivedAt + DAY));
  noteWatermark(set, prepared);
  return counted ? 'folded' : 'duplicates';
}

/** Whether the event is before the place up to which the lake was folded, or its entity's lane was read beyond it. */
function wasFolded(set: WorkingSet, { event: { place }, lane, position, marks, targets }: Prepared): boolean {
  const mark = marks === undefined ? undefined : set.marks.get(marks)?.[place.shard];
  if (mark !== undefined && compareSequences(place.sequence, mark) <= 0) return true;
  return targets.some(({ key, isOwn }) => {
    const watermark = isOwn ? watermarkOf(set.states.get(key)!.state, lane) : undefined;
    return watermark !== undefined && comparePositions(position, watermark) <= 0;
  });
}

function noteWatermark(set: WorkingSet, { lane, position, now, targets }: Prepared): void {
  for (const { key, isOwn } of targets) {
    if (!isOwn) continue;
    const entry = set.states.get(key)!;
    setWatermark(entry.state, lane, position);
    entry.isDirty = true;
    entry.now = Math.max(entry.now, now);
  }
}

function takesPlaceOf({ event: { source, row, arrivedAt }, lane, position }: Prepared, known: Known): boolean {
  if (source.duplicates !== 'key') return row.time < known.row.time || (row.time === known.row.time && arrivedAt < known.arrivedAt);
  if (arrivedAt !== known.arrivedAt) return arrivedAt > known.arrivedAt;
  return lane === known.lane && comparePositions(position, known.position) > 0;
}

/** Whether an event of the same content, with another id, arrived shortly before; either way this one is the last to have arrived. */
function isSameContent(set: WorkingSet, { event: { source, arrivedAt }, content }: Prepared): boolean {
  if (content === undefined || source.sameContentWithin === undefined) return false;
  const entry = set.contents.get(content)!;
  const before = entry.arrivedAt;
  entry.arrivedAt = Math.max(before ?? arrivedAt, arrivedAt);
  entry.expiresAt = seconds(entry.arrivedAt + source.sameContentWithin + DAY);
  return before !== undefined && Math.abs(arrivedAt - before) <= source.sameContentWithin;
}

function apply(set: WorkingSet, targets: readonly Target[], row: EventRow, by: 1 | -1, now: number): void {
  for (const { view, key } of targets) {
    const entry = set.states.get(key)!;
    entry.now = Math.max(entry.now, now);
    advance(view, entry.state, entry.now);
    foldEvent(view, entry.state, row, by, entry.now);
    entry.isDirty = true;
  }
}
