// The optimistic commit loop: build on the newest metadata, swap the pointer, and where the race was lost, do it again.
import { MillraceError } from '../../base/index.ts';
import { catalogColumns } from '../catalog/columns.ts';
import type { LakeContext } from '../lake.ts';
import { currentSchema, serializeMetadata } from '../format/metadata.ts';
import type { CommitOutcome, TablePointer } from '../ports.ts';
import type { TableMetadata, TableName } from '../types.ts';

/** A table as it stood when it was read. */
export interface TableState { readonly pointer: TablePointer; readonly metadata: TableMetadata }

export interface Attempt {
  metadata: TableMetadata;
  /** Resolves when every file that the metadata refer to is durable. */
  written?: Promise<unknown>;
}

/** One commit, tried until it is in or cannot be. */
export interface Committer {
  /** The metadata to swap in, built on `base`; `done` where there is nothing (left) to do. May throw: the commit is given up. */
  attempt(base: TableState): Promise<Attempt | 'done'>;
  /** Whether metadata read later hold this commit: asked after an answer was lost. */
  isIn(metadata: TableMetadata): boolean;
  /**
   * Called once it is certain what came through: with the final metadata, or undefined where nothing did. What was written for other
   * tries may go. Not called while a lost answer leaves it open.
   */
  settled?(metadata: TableMetadata | undefined): Promise<void>;
}

const DEFAULT_TRIES = 100;
const FIRST_WAIT_MS = 4;
const LONGEST_WAIT_MS = 500;

/** The state after the commit. Throws `conflict` where every try lost the race; `commit.retry.num-retries` sets how many there are. */
export async function commitWithRetry(context: LakeContext, start: TableState, committer: Committer, signal?: AbortSignal): Promise<TableState> {
  const doubt = { lostAnswer: false };
  let state: TableState;
  try {
    state = await tryUntilIn(context, start, committer, doubt, signal);
  } catch (error) {
    if (!doubt.lostAnswer) await committer.settled?.(undefined);
    throw error;
  }
  if (!doubt.lostAnswer || committer.isIn(state.metadata)) await committer.settled?.(state.metadata);
  return state;
}

async function tryUntilIn(
  context: LakeContext, start: TableState, committer: Committer, doubt: { lostAnswer: boolean }, signal: AbortSignal | undefined,
): Promise<TableState> {
  const { name } = start.pointer;
  const tries = 1 + retriesOf(start.metadata);
  for (let tried = 1; ; tried++) {
    signal?.throwIfAborted();
    const endTurn = await context.catalog.takeTurn?.(name);
    let result: TryResult | undefined;
    try {
      result = await tryOnce(context, name, committer, doubt, tried === tries);
    } finally {
      await Promise.all([endTurn?.(), context.catalog.removeMetadata?.(result?.outdated ?? [])]);
    }
    if (result !== undefined) return result.state;
    await context.clock.sleep(context.random() * longestWaitAfter(tried), signal);
  }
}

interface TryResult {
  state: TableState;
  /** Metadata files that fell out of the log, oldest first. */
  outdated?: string[];
}

/** undefined: the race was lost, or the answer was and the commit is not in; there is another try. */
async function tryOnce(context: LakeContext, name: TableName, committer: Committer, doubt: { lostAnswer: boolean }, isLast: boolean): Promise<TryResult | undefined> {
  const base = await readState(context, name);
  if (committer.isIn(base.metadata)) return { state: base }; // an earlier try, whose answer was lost, came through after all
  const attempt = await committer.attempt(base);
  if (attempt === 'done') return { state: base };
  attempt.written?.catch(() => undefined); // its failure reaches us through the catalog
  const metadata = withLog(attempt.metadata, base);
  const outcome = await swap(context, base, metadata, attempt);
  switch (outcome.outcome) {
    case 'committed':
      context.store.rememberMetadata(outcome.pointer, metadata);
      return { state: { pointer: outcome.pointer, metadata }, outdated: outdatedMetadata(attempt.metadata, metadata) };
    case 'unknown': {
      doubt.lostAnswer = true;
      const now = await readState(context, name);
      if (committer.isIn(now.metadata) || refersTo(now, outcome.metadataLocation)) return { state: now };
      if (isLast) throw lostAnswer(name, outcome.cause);
      return undefined;
    }
    case 'conflict':
      if (isLast) throw outraced(name);
      return undefined;
  }
}

async function swap(context: LakeContext, base: TableState, metadata: TableMetadata, attempt: Attempt): Promise<CommitOutcome> {
  const columns = catalogColumns(currentSchema(metadata));
  const options = attempt.written === undefined ? {} : { after: attempt.written };
  return context.catalog.commit(base.pointer, metadata.location, serializeMetadata(metadata), columns, options);
}

function longestWaitAfter(tries: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries - 1, 10));
}

function retriesOf(metadata: TableMetadata): number {
  const configured = Number(metadata.properties['commit.retry.num-retries'] ?? DEFAULT_TRIES);
  return Number.isInteger(configured) && configured >= 0 ? configured : DEFAULT_TRIES;
}

/** The table as the catalog has it now; throws `not_found` where it is gone. */
export async function readState(context: LakeContext, name: TableName): Promise<TableState> {
  const state = await findState(context, name);
  if (state === undefined) {
    throw new MillraceError('not_found', `there is no table ${name.namespace}.${name.name}`, { where: context.catalog.locationFor(name) });
  }
  return state;
}

const LOOKS = 10;

/** undefined where there is no such table. Writers may delete the metadata file that we were just pointed to: then we look again. */
export async function findState(context: LakeContext, name: TableName): Promise<TableState | undefined> {
  for (let look = 1; ; look++) {
    const pointer = await context.catalog.load(name);
    if (pointer === undefined) return undefined;
    try {
      return { pointer, metadata: await context.store.readMetadata(pointer) };
    } catch (error) {
      if (look === LOOKS || !(error instanceof MillraceError) || error.code !== 'not_found') throw error;
    }
  }
}

const DEFAULT_PREVIOUS_VERSIONS = 100;

function withLog(metadata: TableMetadata, base: TableState): TableMetadata {
  const configured = Number(metadata.properties['write.metadata.previous-versions-max'] ?? DEFAULT_PREVIOUS_VERSIONS);
  const most = Number.isInteger(configured) && configured >= 1 ? configured : DEFAULT_PREVIOUS_VERSIONS;
  const log = [...metadata['metadata-log'], { 'metadata-file': base.pointer.metadataLocation, 'timestamp-ms': base.metadata['last-updated-ms'] }];
  return { ...metadata, 'metadata-log': log.slice(-most) };
}

function outdatedMetadata(before: TableMetadata, after: TableMetadata): string[] {
  if (after.properties['write.metadata.delete-after-commit.enabled'] !== 'true') return [];
  const kept = new Set(after['metadata-log'].map((entry) => entry['metadata-file']));
  return before['metadata-log'].map((entry) => entry['metadata-file']).filter((path) => !kept.has(path));
}

function refersTo(state: TableState, location: string | undefined): boolean {
  return location !== undefined
    && (state.pointer.metadataLocation === location || state.metadata['metadata-log'].some((entry) => entry['metadata-file'] === location));
}

function outraced(name: TableName): MillraceError {
  return new MillraceError('conflict', 'other writers committed first, at every try', {
    where: `${name.namespace}.${name.name}`, todo: 'Try again when fewer writers are at work, or raise commit.retry.num-retries.',
  });
}

function lostAnswer(name: TableName, cause: unknown): MillraceError {
  return new MillraceError('io', 'the catalog did not say whether the commit came through', {
    where: `${name.namespace}.${name.name}`, cause, todo: 'Run the same again: a commit that did come through is found by its id and not repeated.',
  });
}
