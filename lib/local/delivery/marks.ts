// Marks: how far a shard's records are in a table, as text in the table's properties. The lake is the checkpoint.
import { CHECKPOINT_OF_NOTHING, CHECKPOINT_PREFIX } from '../../lake/index.ts';
import { compareSequences, type ShardPosition } from '../shard-readers.ts';

/** A mark before the first record. Every shard has a mark in every table: one that has none at all is a new table. */
export const NOTHING = CHECKPOINT_OF_NOTHING;

const ENDED = ' end';

/** The property of a table that holds a shard's mark. */
export function markKey(stream: string, shard: string): string {
  return `${CHECKPOINT_PREFIX}${stream}.${shard}`;
}

/** `4960…`, or `4960… end` of a closed shard that was read to its end. */
export function textOfMark({ sequence, ended }: ShardPosition): string {
  return ended ? sequence + ENDED : sequence;
}

export function parseMark(text: string): ShardPosition {
  const ended = text.endsWith(ENDED);
  return { sequence: ended ? text.slice(0, -ENDED.length) : text, ended };
}

/** The marks of a stream, by shard, as a table's properties have them: not parsed, since they are compared as they stand. */
export function marksOf(properties: Readonly<Record<string, string>>, stream: string): Map<string, string> {
  const prefix = markKey(stream, '');
  return new Map(Object.entries(properties).flatMap(([key, text]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), text] as const] : [])));
}

/** The mark that is behind all others. */
export function lowestMark(texts: readonly string[]): ShardPosition {
  return texts.map(parseMark).reduce((lowest, mark) => {
    const order = compareSequences(mark.sequence, lowest.sequence);
    return order < 0 || (order === 0 && !mark.ended) ? mark : lowest;
  }, parseMark(texts[0] ?? NOTHING));
}
