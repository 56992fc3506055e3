// Tags of streams: kept and shown, of no effect here.
import { KinesisError } from '../../errors.ts';
import { aStream, integer, streamArn, text } from '../fields.ts';
import { streamOf, type Operation } from './operation.ts';
import { page } from './page.ts';

const MAX_TAGS = 50;

/** @throws KinesisError `InvalidArgumentException` or `SerializationException` */
export function checkTags(tags: Readonly<Record<string, unknown>>): Record<string, string> {
  for (const [key, value] of Object.entries(tags)) {
    if (typeof value !== 'string') throw new KinesisError('SerializationException', 'Unexpected field type');
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@%]{1,128}$/u.test(key) || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@%]{0,256}$/u.test(value)) {
      throw new KinesisError(
        'InvalidArgumentException',
        'Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . : / = + - % @.',
      );
    }
  }
  if (Object.keys(tags).length > MAX_TAGS)
    throw new KinesisError('InvalidArgumentException', `Failed to add tags: a stream cannot have more than ${MAX_TAGS} tags.`);
  return tags as Record<string, string>;
}

function adding(stream: 'named' | 'resource'): Operation {
  return {
    fields: { ...(stream === 'named' ? aStream : { ResourceARN: streamArn({ required: true }) }), Tags: { kind: 'map', required: true } },
    async run({ streams }, { input }) {
      const name = streamOf(stream === 'named' ? input : { StreamARN: input['ResourceARN'] });
      const tags = checkTags({ ...streams.describe(name).tags, ...(input['Tags'] as Record<string, unknown>) });
      await streams.updateSettings(name, { tags });
      return undefined;
    },
  };
}

function removing(stream: 'named' | 'resource'): Operation {
  return {
    fields: {
      ...(stream === 'named' ? aStream : { ResourceARN: streamArn({ required: true }) }),
      TagKeys: { kind: 'list', required: true, min: 1, max: MAX_TAGS },
    },
    async run({ streams }, { input }) {
      const name = streamOf(stream === 'named' ? input : { StreamARN: input['ResourceARN'] });
      const gone = new Set(input['TagKeys'] as unknown[]);
      await streams.updateSettings(name, { tags: Object.fromEntries(Object.entries(streams.describe(name).tags).filter(([key]) => !gone.has(key))) });
      return undefined;
    },
  };
}

const tagsOut = (tags: Readonly<Record<string, string>>) =>
  Object.keys(tags)
    .sort()
    .map((Key) => ({ Key, Value: tags[Key] as string }));

const listTagsForStream: Operation = {
  fields: { ...aStream, Limit: integer({ min: 1, max: MAX_TAGS }), ExclusiveStartTagKey: text({ min: 1, max: 128 }) },
  run({ streams }, { input }) {
    const { Limit = MAX_TAGS, ExclusiveStartTagKey: after } = input as { Limit?: number; ExclusiveStartTagKey?: string };
    const { items, hasMore } = page(tagsOut(streams.describe(streamOf(input)).tags), ({ Key }) => after === undefined || Key > after, Limit);
    return { Tags: items, HasMoreTags: hasMore };
  },
};

const listTagsForResource: Operation = {
  fields: { ResourceARN: streamArn({ required: true }) },
  run: ({ streams }, { input }) => ({ Tags: tagsOut(streams.describe(streamOf({ StreamARN: input['ResourceARN'] })).tags) }),
};

export const tagOperations: Readonly<Record<string, Operation>> = {
  AddTagsToStream: adding('named'),
  RemoveTagsFromStream: removing('named'),
  ListTagsForStream: listTagsForStream,
  TagResource: adding('resource'),
  UntagResource: removing('resource'),
  ListTagsForResource: listTagsForResource,
};
