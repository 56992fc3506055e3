// The bytes of a rejected row, read again by the layout that was kept with it.
import { columnsOf, type Contract } from '../../contracts/index.ts';
import { ExactCsvReader } from '../csv/exact-reader.ts';
import { bytesOf, type RecordSink } from '../csv/record.ts';
import { fieldTexts } from '../csv/fields.ts';
import { objectText } from '../json/object-text.ts';
import { fieldsByKey } from '../json/spool-json.ts';
import { parseReason, unexpectedColumns } from '../load/problems.ts';
import { resolveShape, type Shape } from '../shape/resolve.ts';

/** Values in the order of the contract's columns, and last a JSON object of what else there is; or why not. */
export type Reparsed = { ok: true; values: (string | null)[] } | { ok: false; reason: string };

interface CsvLayout { format: 'csv'; delimiter: string; header: string[] }
type Layout = CsvLayout | { format: 'jsonl' } | { format: 'parquet' };

/** Reads rows again under a contract; headers are resolved once a layout. */
export class Reparser {
  private readonly contract: Contract;
  private readonly shapes = new Map<string, Shape | { reason: string }>();
  private readonly byKey: ReturnType<typeof fieldsByKey>;
  private readonly indexes: ReadonlyMap<string, number>;

  constructor(contract: Contract) {
    this.contract = contract;
    this.byKey = fieldsByKey(contract);
    this.indexes = new Map(columnsOf(contract).map(({ name }, index) => [name, index]));
  }

  read(raw: Uint8Array, layoutText: string): Reparsed {
    const layout = JSON.parse(layoutText) as Layout;
    if (layout.format === 'csv') return this.readCsv(raw, layout, layoutText);
    const object = objectText(Buffer.from(raw).toString('utf8'));
    if (!object.ok) return { ok: false, reason: parseReason(this.contract.name, object.problem) };
    const fields = this.byKey(object.values);
    return fields.ok ? { ok: true, values: fields.values } : { ok: false, reason: fields.reason };
  }

  private readCsv(raw: Uint8Array, layout: CsvLayout, layoutText: string): Reparsed {
    const shape = this.shapeOf(layout, layoutText);
    if ('reason' in shape) return { ok: false, reason: shape.reason };
    let found: Reparsed | undefined;
    const reader = new ExactCsvReader({ delimiter: layout.delimiter, fields: layout.header.length });
    const sink: RecordSink = (record) => {
      const [problem] = record.problems;
      found ??= problem === undefined
        ? { ok: true, values: this.arrange(fieldTexts(bytesOf(record), layout.delimiter), shape) }
        : { ok: false, reason: parseReason(this.contract.name, problem) };
    };
    reader.push(raw, sink);
    reader.finish(sink);
    return found ?? { ok: false, reason: parseReason(this.contract.name, 'too_few_fields') };
  }

  private arrange(fields: readonly (string | null)[], shape: Shape): (string | null)[] {
    const values = Array.from<string | null>({ length: this.indexes.size + 1 }).fill(null);
    const extras: Record<string, string> = {};
    for (const [at, { target, extra }] of shape.columns.entries()) {
      const value = fields[at] ?? null;
      const index = target === undefined ? undefined : this.indexes.get(target);
      if (index !== undefined) values[index] = value;
      else if (extra && target !== undefined && value !== null) extras[target] = value;
    }
    if (Object.keys(extras).length > 0) values[this.indexes.size] = JSON.stringify(extras);
    return values;
  }

  private shapeOf(layout: CsvLayout, layoutText: string): Shape | { reason: string } {
    let shape = this.shapes.get(layoutText);
    if (shape === undefined) {
      try {
        shape = resolveShape(this.contract, layout.header, this.contract.name);
        if (shape.unexpected.length > 0) shape = { reason: unexpectedColumns(this.contract.name) };
      } catch {
        // The header does not match the contract of today: no row under it can be read.
        shape = { reason: `${this.contract.name}.columns.missing` };
      }
      this.shapes.set(layoutText, shape);
    }
    return shape;
  }
}
