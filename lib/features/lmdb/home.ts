// The online folder of a home: generations of the store, one of them current. A backfill makes a new one beside it, and then it is current at once.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, messageOf, replaceFile, uuidv7, type Clock } from '../../base/index.ts';
import { takeOwnership } from './owner.ts';
import { openLmdbStore, type LmdbStore } from './store.ts';

/** How far a consumer of a stream is in a shard: the last record that it is done with, and whether nothing comes after it. */
export interface ConsumedTo { sequence: string; ended: boolean }

/** How far the stream's consumer is, kept with the state that it made, so that a backfill moves both. */
export interface ConsumerCheckpoints {
  load(): Promise<ReadonlyMap<string, ConsumedTo>>;
  /** All shards at once; durable when it resolves. */
  save(positions: ReadonlyMap<string, ConsumedTo>): Promise<void>;
}

export interface OnlineHome {
  store: LmdbStore;
  /** Of the consumer that folds a stream into this store; give it to the mapping that calls `featuresHandler`. */
  checkpoints(stream: string): ConsumerCheckpoints;
  /** When the store was last filled from the lake, milliseconds since 1970; undefined: never. */
  backfilledAt: number | undefined;
  close(): Promise<void>;
}

/** A generation that is being filled; nobody reads it before it is published. */
export interface NextGeneration {
  store: LmdbStore;
  checkpoints(stream: string): ConsumerCheckpoints;
  /** Makes it the current one; the one before goes. The store is closed then. */
  publish(): Promise<void>;
  discard(): Promise<void>;
}

export interface OnlineHomeOptions {
  /** `<home>/online` */
  folder: string;
  clock: Clock;
}

/** Raised when keys or values are kept in another way. */
const FORMAT = 2;
interface Current { format: number; generation: string; backfilledAt?: number }

/**
 * Opens the store of a home to write it, and makes it where there is none, or where an earlier version made it: then features are kept from the oldest
 * record of the stream on, until they are filled from the lake. One process at a time may.
 *
 * Throws `conflict` naming the process that has it, `unsupported` for one made by a newer version, `io`.
 */
export async function openOnlineHome({ folder, clock }: OnlineHomeOptions): Promise<OnlineHome> {
  await makeFolder(folder);
  const release = await takeOwnership(folder);
  try {
    const before = await readCurrent(folder);
    const current = before?.format === FORMAT ? before : await makeCurrent(folder, { format: FORMAT, generation: newGeneration(clock) });
    await sweepGenerations(folder, current.generation);
    const place = path.join(folder, current.generation);
    const store = await openLmdbStore({ folder: place, clock });
    return {
      store, backfilledAt: current.backfilledAt,
      checkpoints: (stream) => checkpointsIn(place, stream),
      close: async () => {
        await store.close();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Opens the store of a home to read it, whoever writes it. Throws `not_found` where there is none. */
export async function readOnlineHome({ folder, clock }: OnlineHomeOptions): Promise<OnlineHome> {
  const current = await readCurrent(folder);
  if (current !== undefined && current.format < FORMAT) {
    throw new MillraceError('not_found', 'the online features of this home were made by an earlier version', { where: folder, todo: 'Run `millrace features backfill`, which makes them anew.' });
  }
  if (current === undefined) throw new MillraceError('not_found', 'there are no online features in this home yet', { where: folder, todo: 'Run `millrace features backfill`, or `millrace start`, which folds the live stream.' });
  const place = path.join(folder, current.generation);
  const store = await openLmdbStore({ folder: place, clock, readOnly: true });
  return { store, backfilledAt: current.backfilledAt, checkpoints: (stream) => checkpointsIn(place, stream), close: () => store.close() };
}

/** Begins a new generation. Throws `conflict` while another process writes the store. */
export async function nextGeneration({ folder, clock }: OnlineHomeOptions): Promise<NextGeneration> {
  await makeFolder(folder);
  const release = await takeOwnership(folder);
  try {
    await sweepGenerations(folder, (await readCurrent(folder))?.generation);
    const generation = newGeneration(clock);
    const place = path.join(folder, generation);
    const store = await openLmdbStore({ folder: place, clock });
    return {
      store,
      checkpoints: (stream) => checkpointsIn(place, stream),
      async publish() {
        await store.close();
        await makeCurrent(folder, { format: FORMAT, generation, backfilledAt: clock.now() });
        await sweepGenerations(folder, generation);
        await release();
      },
      async discard() {
        await store.close();
        await rm(place, { recursive: true, force: true });
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

const newGeneration = (clock: Clock): string => `generation-${uuidv7(clock.now())}`;

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new MillraceError('io', `the folder of the online features cannot be made: ${cause.message}`, { where: folder, cause });
  });
}

async function readCurrent(folder: string): Promise<Current | undefined> {
  const file = path.join(folder, 'current.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new MillraceError('io', `the online features cannot be read: ${error.message}`, { where: file, cause: error });
  });
  if (text === undefined) return undefined;
  const current = JSON.parse(text) as Current;
  if (current.format > FORMAT) {
    throw new MillraceError('unsupported', `the online features were made by a newer Millrace (format ${current.format}, this one knows ${FORMAT})`, { where: file, todo: 'Use that version, or run `millrace features backfill` after removing the folder.' });
  }
  return current;
}

async function makeCurrent(folder: string, current: Current): Promise<Current> {
  await replace(path.join(folder, 'current.json'), `${JSON.stringify(current)}\n`);
  return current;
}

/** What crashes left, and generations that are not read any more. Readers that have one open go on reading it. */
async function sweepGenerations(folder: string, current: string | undefined): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('generation-') && name !== current);
  await Promise.all(names.map((name) => rm(path.join(folder, name), { recursive: true, force: true })));
}

function checkpointsIn(folder: string, stream: string): ConsumerCheckpoints {
  const file = path.join(folder, `checkpoints-${stream}.json`);
  return {
    async load() {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '{}';
        throw new MillraceError('io', `the checkpoints of ${stream} cannot be read: ${error.message}`, { where: file, cause: error });
      });
      return new Map(Object.entries(JSON.parse(text) as Record<string, ConsumedTo>));
    },
    save: (positions) => replace(file, `${JSON.stringify(Object.fromEntries(positions))}\n`),
  };
}

/** Whole or not at all, and durable. */
async function replace(file: string, text: string): Promise<void> {
  await replaceFile(file, text).catch((cause: unknown) => {
    throw new MillraceError('io', `a file of the online features cannot be written: ${messageOf(cause)}`, { where: file, todo: 'See that the disk has room.', cause });
  });
}
