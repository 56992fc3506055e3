// The keys of the online store.
import { createHash } from 'node:crypto';
import type { EventRow } from './source.ts';
import type { CompiledView } from './view.ts';

/** Between the columns of an entity of several. */
const SEPARATOR = '\u001f';
/** Longer ones are known by their hash. */
const LONGEST_ENTITY = 200;

/** The entity of an event, or undefined where a column of it is empty. */
export function entityOf(view: CompiledView, row: EventRow): string | undefined {
  if (view.entityAt.length === 1) return row.texts[view.entityAt[0]!] ?? undefined;
  const parts = view.entityAt.map((at) => row.texts[at]);
  return parts.some((part) => part == null) ? undefined : parts.join(SEPARATOR);
}

/** The entity of an id as a person writes it: one value a column. */
export function entityOfParts(parts: readonly string[]): string {
  return parts.join(SEPARATOR);
}

/**
 * The item that holds an entity's state, or one of several where the view spreads it. The entity comes first, so that what views know of one visitor lies
 * together: a store that keeps keys in order then writes fewer pages.
 */
export function stateKey(view: string, entity: string, spread: number): string {
  return `s/${idText(entity)}/${view}/${spread}`;
}

const PRINTABLE = /^[\x20-\x7e]+$/;

/** Which of an entity's items takes what comes through a lane: lanes have items of their own, as long as there are enough. */
export function spreadOf({ spread, isPartitionKey }: CompiledView, lane: string): number {
  if (spread === 1 || isPartitionKey) return 0;
  let hash = 0;
  for (let at = 0; at < lane.length; at++) hash = (hash * 31 + lane.charCodeAt(at)) % 65_521;
  return hash % spread;
}

/** All items of an entity. */
export function stateKeys(view: CompiledView, entity: string): string[] {
  const spread = view.isPartitionKey ? 1 : view.spread;
  return Array.from({ length: spread }, (_, at) => stateKey(view.name, entity, at));
}

/** An id as a key holds it: as it is, so that ids which grow lie together, or by its hash where it is long or not printable. */
export const idText = (id: string): string => (id.length <= LONGEST_ENTITY && PRINTABLE.test(id.replaceAll(SEPARATOR, ' ')) ? `=${id}` : `~${createHash('sha256').update(id).digest('base64url')}`);

/** Whose state a key holds: the ids of the entity's columns, or the hash that stands for them. undefined for another key, or of a view that there is not. */
export function ownersOf(key: string, views: ReadonlyMap<string, CompiledView>): ({ view: CompiledView } & ({ ids: string[] } | { hash: string; hashOf: (entity: string) => string })) | undefined {
  const [, sign, text = '', name = ''] = /^s\/([=~])(.*)\/([^/]+)\/\d+$/s.exec(key) ?? [];
  const view = views.get(name);
  if (sign === undefined || view === undefined) return undefined;
  return sign === '=' ? { view, ids: text.split(SEPARATOR) } : { view, hash: text, hashOf: (entity) => idText(entity).slice(1) };
}

/** What is known of an event by its id. */
export const eventKey = (source: string, id: string): string => `e/${source}/${id}`;

/**
 * When an event of this content arrived last. Events of one content happened at one time (microseconds since 1970), which comes first so that what is
 * written together lies together: a store that keeps keys in order then writes few pages.
 */
export const contentKey = (source: string, time: number, hash: string): string => `c/${source}/${time.toString(36).padStart(11, '0')}/${hash}`;

/** Up to where a stream's shards were folded from the lake, for one source: by shard. */
export const marksKey = (source: string, stream: string): string => `m/${source}/${stream}`;

/** Since when each series of a view is kept. */
export const sinceKey = (view: string): string => `v/${view}`;
