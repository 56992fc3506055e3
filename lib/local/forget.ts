// A person's data leave the home: out of bronze and the quarantine, out of every table that is computed from them, and off the disk.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, uuidv7 } from '../base/index.ts';
import { Journal, type FileIngest } from '../batch/index.ts';
import { forgetRows, pseudonym, type ForgottenRows, type Identifier, type IngestContext } from '../ingest/index.ts';
import { LocalFiles } from '../lake/index.ts';
import { quoteText, updateRows } from '../lake/duckdb/index.ts';
import { OpsLog } from '../quality/index.ts';
import { ingestContext } from './file-ingest.ts';
import type { Outcome } from '../workflow/index.ts';
import type { LoadedProject } from './project.ts';
import { runBatch } from './run-batch.ts';
import { lockRuns } from './run-lock.ts';
import { ANSWER_TAG } from '../answers/index.ts';
import { MODEL_TAG } from '../learning/index.ts';
import type { Runtime } from './runtime.ts';

export interface ForgetRequest { source: string; identifiers: readonly Identifier[]; dryRun?: boolean; deleteFiles?: boolean }

export interface ForgetReceipt {
  /** undefined of a rehearsal. */
  receipt?: string;
  source: string;
  bronze: number;
  rejected: number;
  /** Rows that were still found at the end. */
  remaining: number;
  /** Models that are computed from the source, directly or not. */
  models: string[];
  /** Tables whose older snapshots were deleted. */
  tables: string[];
  /** Files of the landing folder that held rows, and whether they were deleted. */
  files: { path: string; deleted: boolean }[];
  /** What this does not reach, for a person. */
  left: string[];
  runId?: string;
}

/** Brings no file: the models are computed from what is there. */
const NO_FILES: FileIngest = {
  discover: async () => [],
  ingest: async () => ({ files: 0, seenBefore: 0, refused: 0, rows: 0, accepted: 0, rejected: 0 }),
};

/**
 * Deletes, computes what is computed from it anew, and lets the older snapshots go: only then the bytes are gone, and only then there is a
 * receipt. Cut short anywhere, it is run again and goes on. The clock of expiry is not asked: whoever reads an older snapshot loses it.
 * @throws MillraceError `audit_failed` where the models could not be computed anew: their tables still show the person.
 */
export async function forgetPerson(runtime: Runtime, request: ForgetRequest, onStep: (step: string) => void = () => undefined): Promise<ForgetReceipt> {
  const [context, project] = await Promise.all([ingestContext(runtime), runtime.project()]);
  const { source, identifiers } = request;
  const models = modelsFrom(project, source);
  onStep('looking');
  const found = await forgetRows(context, source, identifiers, { dryRun: true, ...signalOf(runtime) });
  if (request.dryRun === true) return { ...await outline(runtime, request, found, models), remaining: found.bronze + found.rejected };

  const askedAt = runtime.clock.now();
  const identifiedBy = await hashes(context, identifiers);
  const journal = new Journal(new LocalFiles(), path.join(runtime.home.root, 'runs'));
  const noteId = `forget-${Buffer.from(identifiedBy).toString('base64url').slice(-48)}`;
  const before = (await journal.gather<ForgottenRows>(noteId)).get('found');
  // What an earlier try deleted before it was cut short counts, too.
  const all: ForgottenRows = { ...found, bronze: Math.max(found.bronze, before?.bronze ?? 0), rejected: Math.max(found.rejected, before?.rejected ?? 0), files: [...new Set([...found.files, ...before?.files ?? []])] };
  await journal.note(noteId, 'found', all);
  onStep('deleting');
  const unlock = await lockRuns(runtime.home.root);
  try {
    await forgetRows(context, source, identifiers, signalOf(runtime));
    await forgetSamples(runtime, identifiers);
  } finally {
    await unlock();
  }
  onStep('computing models anew');
  const run = models.length === 0 ? undefined : await runBatch(runtime, { files: NO_FILES, options: await selection(runtime, models) });
  if (run !== undefined && run.outcome.status !== 'succeeded') throw notComputed(run.outcome);
  onStep('deleting older snapshots');
  const tables = await expire(runtime, [`bronze.${source}`, 'bronze.rejected', 'ops.files', 'ops.audits', ...models]);
  const after = await forgetRows(context, source, identifiers, { dryRun: true, ...signalOf(runtime) });
  const receipt: ForgetReceipt = {
    ...await outline(runtime, request, all, models), receipt: uuidv7(runtime.clock.now()), remaining: after.bronze + after.rejected, tables,
    ...(run === undefined ? {} : { runId: run.runId }),
  };
  const micros = (milliseconds: number) => BigInt(Math.round(milliseconds)) * 1000n;
  await new OpsLog({ lake: runtime.lake, database: runtime.database }).append('forgotten', [{
    receipt_id: receipt.receipt ?? '', source, identified_by: identifiedBy, bronze_rows: BigInt(receipt.bronze), rejected_rows: BigInt(receipt.rejected),
    remaining_rows: BigInt(receipt.remaining), run_id: receipt.runId ?? null, tables: JSON.stringify(tables), left: JSON.stringify(receipt.left),
    asked_at: micros(askedAt), done_at: micros(runtime.clock.now()),
  }], receipt.receipt ?? '');
  await journal.forget(noteId);
  return receipt;
}

function notComputed(outcome: Outcome): MillraceError {
  const cause = outcome.status === 'failed' ? `${outcome.error}: ${outcome.cause}` : outcome.status;
  return new MillraceError('audit_failed', `the rows are deleted, but the models that show them could not be computed anew: ${cause}`, {
    todo: 'Mend that (`millrace run batch` tells more), then run the same again: it goes on, and gives the receipt.',
  });
}

function signalOf({ signal }: Runtime): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function modelsFrom({ graph, models }: LoadedProject, source: string): string[] {
  const readers = [...models.values()].filter(({ reads }) => reads.includes(`bronze.${source}`)).map(({ name }) => name);
  const all = new Set(readers.flatMap((name) => [name, ...graph.downstream(name)]));
  return graph.order.filter((name) => all.has(name));
}

/** Only those models, where all that they read is there; else, before the first run, everything. */
async function selection({ lake }: Runtime, models: readonly string[]): Promise<{ select?: string[] }> {
  const there = await Promise.all(models.map((name) => lake.tableExists({ namespace: name.slice(0, name.indexOf('.')), name: name.slice(name.indexOf('.') + 1) })));
  return there.every(Boolean) ? { select: [...models] } : {};
}

/** Samples of failed audits may show ids. */
async function forgetSamples(runtime: Runtime, identifiers: readonly Identifier[]): Promise<void> {
  const table = await runtime.lake.findTable({ namespace: 'ops', name: 'audits' });
  if (table === undefined) return;
  const sql = identifiers.map(({ value }) => `contains(sample, ${quoteText(JSON.stringify(value))})`).join(' OR ');
  await (await runtime.database()).use((session) => updateRows(session, table, { sql: `sample IS NOT NULL AND (${sql})` }, { sample: 'NULL' }, { isolation: 'snapshot', ...signalOf(runtime) }));
}

async function expire({ lake, signal }: Runtime, names: readonly string[]): Promise<string[]> {
  const expired: string[] = [];
  for (const text of names) {
    signal?.throwIfAborted();
    const [namespace = '', name = ''] = text.split('.');
    const table = await lake.findTable({ namespace, name });
    if (table === undefined) continue;
    // Who is forgotten is not kept for the sake of a model that was trained on them, or of an answer that was made from what they did.
    for (const tag of Object.keys(table.metadata.refs).filter((ref) => ref.startsWith(MODEL_TAG) || ref.startsWith(ANSWER_TAG))) await table.removeTag(tag);
    await table.expireSnapshots({ olderThanMilliseconds: 0, keepAtLeast: 1 });
    expired.push(text);
  }
  return expired;
}

async function outline(runtime: Runtime, { source, identifiers: _who, deleteFiles = false, dryRun = false }: ForgetRequest, found: ForgottenRows, models: string[]): Promise<ForgetReceipt> {
  const files: ForgetReceipt['files'] = [];
  for (const file of found.files.filter((each) => existsSync(each))) {
    const deleted = deleteFiles && !dryRun;
    if (deleted) await rm(file, { force: true });
    files.push({ path: file, deleted });
  }
  return { source, bronze: found.bronze, rejected: found.rejected, remaining: 0, models, tables: [], files, left: await leftOver(runtime, source, found, models, files) };
}

async function leftOver(
  { lake, project }: Runtime, source: string, found: ForgottenRows, models: readonly string[], files: ForgetReceipt['files'],
): Promise<string[]> {
  const left: string[] = [];
  const kept = files.filter(({ deleted }) => !deleted).length;
  if (kept > 0) left.push(`${kept} landed ${kept === 1 ? 'file still holds' : 'files still hold'} the rows: --delete-files deletes ${kept === 1 ? 'it' : 'them'}`);
  for (const text of [`bronze.${source}`, 'bronze.rejected', ...models]) {
    const [namespace = '', name = ''] = text.split('.');
    const refs = (await lake.findTable({ namespace, name }))?.metadata.refs ?? {};
    const tags = Object.keys(refs).filter((ref) => ref !== 'main');
    if (tags.length > 0) left.push(`${text} keeps the snapshots tagged ${tags.join(', ')}`);
  }
  if (found.unreadable > 0) left.push(`${found.unreadable} rejected records cannot be opened any more, by nobody, since their key is gone`);
  const { sources, models: known } = await project();
  const others = (await lake.listTables()).filter(({ namespace }) => !['bronze', 'ops'].includes(namespace)).map(({ namespace, name }) => `${namespace}.${name}`)
    .filter((name) => !known.has(name));
  if (others.length > 0) left.push(`not computed by a model, and left as they are: ${others.join(', ')}; what was predicted of the person goes when it is predicted anew`);
  if (sources.get(source)?.stream !== undefined) left.push('the stream\'s log keeps its records until its retention ends, and the online store what was folded from them');
  return left;
}

/** The values as keyed hashes: the receipt must not say what was to be forgotten. */
async function hashes({ keys }: IngestContext, identifiers: readonly Identifier[]): Promise<string> {
  const key = await keys.current();
  return JSON.stringify(Object.fromEntries(identifiers.map(({ column, value }) => [column, pseudonym('name', value, key)])));
}
