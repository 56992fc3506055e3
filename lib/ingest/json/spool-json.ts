// From JSON lines to the spool: one field a column of the contract, and one that holds what else the objects have.
import { columnsOf, type Contract } from '../../contracts/index.ts';
import type { Content } from '../bytes/content.ts';
import { KEPT_OF_TOO_LONG, MAX_RECORD_BYTES } from '../csv/exact-reader.ts';
import type { RecordMark } from '../csv/scan.ts';
import type { SpoolOptions } from '../csv/spool-csv.ts';
import { parseMessage, parseReason, unexpectedColumns } from '../load/problems.ts';
import type { RejectedRows } from '../load/rejected-rows.ts';
import type { Spool } from '../load/spool.ts';
import { filePolicyOf, keyTargets } from '../shape/resolve.ts';
import { JsonLinesReader } from './lines-reader.ts';

const MARK_EVERY = 1024;

/**
 * Reads the lines into the spool as file number `file`: the contract's columns in their order, then a JSON object of the members that the
 * contract does not know (empty unless it lets columns evolve). Gives the number of records; every one is in a spool or rejected.
 */
export async function spoolJson(
  contract: Contract, file: number, content: Content, skip: number, target: { spool: Spool }, rejected: RejectedRows, marks: RecordMark[], options: SpoolOptions,
): Promise<number> {
  const reader = new JsonLinesReader({ start: { offset: skip, line: 1, row: 1 }, maxRecordBytes: MAX_RECORD_BYTES, keptOfTooLong: KEPT_OF_TOO_LONG });
  const toFields = fieldsByKey(contract);
  let records = 0;
  const sink: Parameters<JsonLinesReader['push']>[1] = ({ row, line, offset, bytes, length, values, problem }) => {
    if (records++ % MARK_EVERY === 0) marks.push({ row, offset, line });
    const place = { file, row, line, offset, raw: bytes };
    if (problem !== undefined) {
      rejected.add({ ...place, reasons: [parseReason(contract.name, problem)], message: parseMessage(problem, { fields: 0, wanted: 0, length }) });
      return;
    }
    const fields = toFields(values);
    if (fields.ok) target.spool.appendValues(file, row, fields.values);
    else rejected.add({ ...place, reasons: [fields.reason], message: fields.message });
  };
  for await (const chunk of content.chunks(skip)) {
    options.signal?.throwIfAborted();
    reader.push(chunk, sink);
    await options.afterChunk();
  }
  reader.finish(sink);
  await options.afterChunk();
  return records;
}

export type JsonFields = { ok: true; values: (string | null)[] } | { ok: false; reason: string; message: string };

/** Puts the members of an object in the order of the contract's columns; what it does not know comes last, as one JSON object. */
export function fieldsByKey(contract: Contract): (values: ReadonlyMap<string, string | null>) => JsonFields {
  const columns = columnsOf(contract);
  const indexes = new Map(columns.map(({ name }, index) => [name, index]));
  const targetOf = keyTargets(contract);
  const policy = filePolicyOf(contract);
  return (values) => {
    const fields = Array.from<string | null>({ length: columns.length + 1 }).fill(null);
    const filled = new Set<number>();
    let extras: Record<string, string> | undefined;
    for (const [key, value] of values) {
      const index = indexes.get(targetOf(key) ?? '');
      if (index === undefined) {
        if (policy.extraColumns === 'quarantine') {
          return { ok: false, reason: unexpectedColumns(contract.name), message: `the contract does not know ${JSON.stringify(key)}` };
        }
        if (policy.extraColumns === 'evolve' && value !== null) (extras ??= Object.create(null) as Record<string, string>)[key] = value;
        continue;
      }
      if (filled.has(index)) {
        return { ok: false, reason: parseReason(contract.name, 'duplicate_key'), message: `two keys mean the column ${columns[index]!.name}` };
      }
      filled.add(index);
      fields[index] = value;
    }
    if (policy.missingColumns === 'refuse' && filled.size < columns.length) {
      const missing = columns.find((_, index) => !filled.has(index))!;
      return { ok: false, reason: `${contract.name}.columns.missing`, message: `the key ${missing.header} is missing` };
    }
    if (extras !== undefined) fields[columns.length] = JSON.stringify(extras);
    return { ok: true, values: fields };
  };
}
