// A person's data leave: out of bronze and the quarantine, out of every table that is computed from them, out of what lies beside the tables, and with the older
// snapshots off the disk. The same in a home and in an account.
import { MillraceError, messageOf, uuidv7 } from '../base/index.ts';
import { forgetInTable, forgetRows, pseudonym, valuesOf, type ForgottenRows, type Identifier, type IngestContext, type PersonValues } from '../ingest/index.ts';
import { tableNameOf, type Table } from '../lake/index.ts';
import { quoteText, updateRows } from '../lake/duckdb/index.ts';
import type { Outcome } from '../workflow/index.ts';
import { expireWithFiles } from './expire.ts';
import type { ForgetContext, ForgetReceipt, ForgetRequest } from './types.ts';

/** What was found, and still counts when an earlier try has deleted it. */
interface Found { rows: ForgottenRows; beside: Record<string, number> }

/**
 * Deletes, computes what is computed from it anew, and lets the older snapshots go: only then the bytes are gone, and only then there is a
 * receipt. Cut short anywhere, it is run again and goes on. The clock of expiry is not asked: whoever reads an older snapshot loses it.
 * @throws MillraceError `audit_failed` where the models could not be computed anew: their tables still show the person. `io` where files or objects
 * could not be deleted: the same again goes on with them.
 */
export async function forgetPerson(context: ForgetContext, request: ForgetRequest, onStep: (step: string) => void = () => undefined): Promise<ForgetReceipt> {
  const { ingest, clock, journal } = context;
  const { source, identifiers, dryRun = false } = request;
  const models = modelsFrom(context, source);
  onStep('looking');
  if (!dryRun) await context.sweep();
  const rows = await forgetRows(ingest, source, identifiers, { dryRun: true, ...signalOf(context) });
  const identifiedBy = await hashes(ingest, identifiers);
  const noteId = `forget-${Buffer.from(identifiedBy).toString('base64url').slice(-48)}`;
  const before = dryRun ? undefined : (await journal.gather<Found>(noteId, 'found')).get('found');
  const keyIds = [...new Set([...rows.keyIds, ...before?.rows.keyIds ?? [], (await ingest.keys.current()).id])];
  const person = { source, values: await valuesOf(ingest.contracts.get(source)!, identifiers, keyIds, ingest.keys) };
  const seen = await besideTables(context, person, true);
  const found = together({ rows: { ...rows, keyIds }, beside: seen.items }, before);
  if (dryRun) return { ...await outline(context, request, found, models, seen.left), remaining: rows.bronze + rows.rejected };

  const askedAt = clock.now();
  await journal.note(noteId, 'found', found);
  onStep('deleting');
  await context.alone(async () => {
    await forgetRows(ingest, source, identifiers, signalOf(context));
    await forgetSamples(context, identifiers);
  });
  onStep('computing models anew');
  const run = models.length === 0 ? undefined : await context.compute(await selection(context, models));
  if (run !== undefined && run.outcome.status !== 'succeeded') throw notComputed(run.outcome);
  onStep('deleting what lies beside the tables');
  const { left } = await besideTables(context, person, false);
  onStep('deleting older snapshots');
  const others = (await othersOf(context)).filter(({ name }) => (found.beside[name] ?? 0) > 0).map(({ name }) => name);
  const tables = await expireWithFiles(context, noteId, [`bronze.${source}`, 'bronze.rejected', 'ops.files', 'ops.audits', ...models, ...others]);
  const after = await forgetRows(ingest, source, identifiers, { dryRun: true, ...signalOf(context) });
  const receipt: ForgetReceipt = {
    ...await outline(context, request, found, models, left), receipt: uuidv7(clock.now()), remaining: after.bronze + after.rejected, tables,
    ...(run === undefined ? {} : { runId: run.runId }),
  };
  const micros = (milliseconds: number) => BigInt(Math.round(milliseconds)) * 1000n;
  await context.ops.append('forgotten', [{
    receipt_id: receipt.receipt ?? '', source, identified_by: identifiedBy, bronze_rows: BigInt(receipt.bronze), rejected_rows: BigInt(receipt.rejected),
    remaining_rows: BigInt(receipt.remaining), run_id: receipt.runId ?? null, tables: JSON.stringify(tables), left: JSON.stringify(receipt.left),
    asked_at: micros(askedAt), done_at: micros(clock.now()),
  }], receipt.receipt ?? '');
  await journal.forget(noteId);
  return receipt;
}

function together(now: Found, before: Found | undefined): Found {
  if (before === undefined) return now;
  const most = (one: number, other: number | undefined) => Math.max(one, other ?? 0);
  const names = [...new Set([...Object.keys(before.beside), ...Object.keys(now.beside)])];
  return {
    rows: { ...now.rows, bronze: most(now.rows.bronze, before.rows.bronze), rejected: most(now.rows.rejected, before.rows.rejected), files: [...new Set([...now.rows.files, ...before.rows.files])] },
    beside: Object.fromEntries(names.map((name) => [name, most(now.beside[name] ?? 0, before.beside[name])])),
  };
}

function notComputed(outcome: Outcome): MillraceError {
  const cause = outcome.status === 'failed' ? `${outcome.error}: ${outcome.cause}` : outcome.status;
  return new MillraceError('audit_failed', `the rows are deleted, but the models that show them could not be computed anew: ${cause}`, {
    todo: 'Mend that (`millrace run batch` tells more), then run the same again: it goes on, and gives the receipt.',
  });
}

function signalOf({ signal }: ForgetContext): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function modelsFrom({ project: { graph, models } }: ForgetContext, source: string): string[] {
  const readers = [...models.values()].filter(({ reads }) => reads.includes(`bronze.${source}`)).map(({ name }) => name);
  const all = new Set(readers.flatMap((name) => [name, ...graph.downstream(name)]));
  return graph.order.filter((name) => all.has(name));
}

/** Only those models, where all that they read is there; else, before the first run, everything. */
async function selection({ ingest: { lake } }: ForgetContext, models: readonly string[]): Promise<{ select?: string[] }> {
  const there = await Promise.all(models.map((name) => lake.tableExists(tableNameOf(name))));
  return there.every(Boolean) ? { select: [...models] } : {};
}

/** Samples of failed audits may show ids. */
async function forgetSamples({ ingest, ...context }: ForgetContext, identifiers: readonly Identifier[]): Promise<void> {
  const table = await ingest.lake.findTable({ namespace: 'ops', name: 'audits' });
  if (table === undefined) return;
  const sql = identifiers.map(({ value }) => `contains(sample, ${quoteText(JSON.stringify(value))})`).join(' OR ');
  await ingest.database.use((session) => updateRows(session, table, { sql: `sample IS NOT NULL AND (${sql})` }, { sample: 'NULL' }, {
    isolation: 'snapshot', temporaryFolder: ingest.temporaryFolder, ...(context.signal === undefined ? {} : { signal: context.signal }),
  }));
}

interface OtherTable { name: string; table: Table }

/** Tables that no model computes: predictions, training sets, lists of prices. */
async function othersOf({ ingest: { lake }, project: { models } }: ForgetContext): Promise<OtherTable[]> {
  const names = (await lake.listTables()).filter(({ namespace, name }) => !['bronze', 'ops', 'staging'].includes(namespace) && !models.has(`${namespace}.${name}`));
  return Promise.all(names.map(async (name) => ({ name: `${name.namespace}.${name.name}`, table: await lake.loadTable(name) })));
}

/** Rows of other tables in which the person stands, and what is of the person in stores. */
async function besideTables(context: ForgetContext, person: { source: string; values: PersonValues }, dryRun: boolean): Promise<{ items: Record<string, number>; left: string[] }> {
  const items: Record<string, number> = {};
  const left: string[] = [];
  const nameless: string[] = [];
  for (const { name, table } of await othersOf(context)) {
    const rows = await forgetInTable(context.ingest, table, person.values, { dryRun, ...signalOf(context) });
    if (rows === undefined) nameless.push(name);
    else items[name] = rows;
  }
  if (nameless.length > 0) left.push(`not computed by a model, and without a column ${[...person.values.keys()].join(' or ')}, so left as they are: ${nameless.join(', ')}`);
  for (const beside of context.beside) {
    const gone = await beside.forget(person, { dryRun, ...signalOf(context) });
    items[beside.name] = gone.items;
    if (gone.left !== undefined) left.push(gone.left);
  }
  return { items, left };
}

async function outline(context: ForgetContext, { source, deleteFiles = false, dryRun = false }: ForgetRequest, { rows, beside }: Found, models: string[], besides: readonly string[]): Promise<ForgetReceipt> {
  const files: ForgetReceipt['files'] = [];
  const refusals: string[] = [];
  for (const path of rows.files) {
    if (!await context.landed.exists(path)) continue;
    const refusal = deleteFiles && !dryRun ? await context.landed.delete(path).catch((error: unknown) => messageOf(error)) : undefined;
    if (refusal !== undefined) refusals.push(`${path} could not be deleted: ${refusal}`);
    files.push({ path, deleted: deleteFiles && !dryRun && refusal === undefined });
  }
  const left = [...refusals, ...await leftOver(context, source, rows, models, files.filter(({ deleted }) => !deleted).length - refusals.length), ...besides, ...context.unreached(source)];
  const besideItems = Object.entries(beside).filter(([, items]) => items > 0).map(([name, items]) => ({ name, items }));
  return { source, bronze: rows.bronze, rejected: rows.rejected, remaining: 0, models, beside: besideItems, tables: [], files, left };
}

async function leftOver({ ingest: { lake } }: ForgetContext, source: string, found: ForgottenRows, models: readonly string[], kept: number): Promise<string[]> {
  const left: string[] = [];
  if (kept > 0) left.push(`${kept} landed ${kept === 1 ? 'file still holds' : 'files still hold'} the rows: --delete-files deletes ${kept === 1 ? 'it' : 'them'}`);
  for (const text of [`bronze.${source}`, 'bronze.rejected', ...models]) {
    const refs = (await lake.findTable(tableNameOf(text)))?.metadata.refs ?? {};
    const tags = Object.keys(refs).filter((ref) => ref !== 'main');
    if (tags.length > 0) left.push(`${text} keeps the snapshots tagged ${tags.join(', ')}`);
  }
  if (found.unreadable > 0) left.push(`${found.unreadable} rejected records cannot be opened any more, by nobody, since their key is gone`);
  return left;
}

/** The values as keyed hashes: the receipt must not say what was to be forgotten. */
async function hashes({ keys }: IngestContext, identifiers: readonly Identifier[]): Promise<string> {
  const key = await keys.current();
  return JSON.stringify(Object.fromEntries(identifiers.map(({ column, value }) => [column, pseudonym('name', value, key)])));
}
