// Places in a stream, and which of two comes first. Sequence numbers are decimal text: they do not fit a JavaScript number.

/** Where an event came from: a record's place in its stream, or a row of a file. */
export interface EventPlace {
  /** undefined: it came by a file. */
  stream: string | undefined;
  shard: string;
  sequence: string;
  subsequence: number;
}

/** The shard with its stream: places of one lane have an order. Rows of files have none. */
export function laneOf({ stream, shard }: Pick<EventPlace, 'stream' | 'shard'>): string {
  return stream === undefined ? '' : `${stream}/${shard}`;
}

/** `sequence/subsequence`, which `comparePositions` orders within a lane. */
export function positionText({ sequence, subsequence }: Pick<EventPlace, 'sequence' | 'subsequence'>): string {
  return subsequence === 0 ? sequence : `${sequence}/${subsequence}`;
}

/** Negative where the first is before the second, both of one lane. */
export function comparePositions(a: string, b: string): number {
  const [[left = '', leftPart = '0'], [right = '', rightPart = '0']] = [a.split('/'), b.split('/')];
  return compareSequences(left, right) || Number(leftPart) - Number(rightPart);
}

/** Negative where the first is less: the longer number is the greater. */
export function compareSequences(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}
